/** Names of files that do not depend on where these lie. */

import { dirname, relative } from "node:path";

/** Absolute paths, each with its path below the deepest folder that holds them all. */
export function namesBelow(paths: readonly string[]): { path: string; name: string }[] {
  const common = paths.map(dirname).reduce((common, folder) => {
    while (relative(common, folder).startsWith("..")) common = dirname(common);
    return common;
  }, dirname(paths[0] ?? ""));
  return paths.map((path) => ({ path, name: relative(common, path).replaceAll("\\", "/") }));
}
