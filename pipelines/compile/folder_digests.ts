/** Digests of the files of a folder, and what is wrong with the files by them. */

import { join } from "node:path";
import { digestFile, filesBelow } from "./digest.ts";

/** SHA-256 of each file below a folder, by path. */
export async function digestFiles(dir: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const path of await filesBelow(dir)) {
    digests[path] = (await digestFile(join(dir, path))).sha256;
  }
  return digests;
}

/**
 * Which file of a folder is not as `digests` has it: `PATH changed` or `PATH is missing`; undefined
 * if all are. Files that it does not name may be there.
 */
export async function findChange(
  dir: string,
  digests: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  for (const [path, sha256] of Object.entries(digests)) {
    try {
      if ((await digestFile(join(dir, path))).sha256 !== sha256) return `${path} changed`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return `${path} is missing`;
    }
  }
  return undefined;
}
