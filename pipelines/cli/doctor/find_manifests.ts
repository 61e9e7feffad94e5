/** The manifests by which the Vulkan loader of Linux finds drivers. */

import { join } from "node:path";
import type { VulkanFacts } from "./machine_facts.ts";

/** Variables that replace the folders of the system, the stronger one first. */
const OVERRIDES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] as const;

/** Looks for them. `env` is the environment; `root` is put before the folders of the system. */
export function findManifests(
  env: (name: string) => string | undefined,
  root = "/",
): Pick<VulkanFacts, "override" | "drivers"> {
  const variable = OVERRIDES.find((name) => env(name) !== undefined);
  const value = variable === undefined ? "" : env(variable)!;
  const places = variable === undefined ? systemFolders(env, root) : value.split(":");
  return {
    ...(variable === undefined ? {} : { override: { variable, value } }),
    drivers: places.flatMap(manifestsAt),
  };
}

/** The manifests that a variable adds, and the folders in which drivers leave theirs. */
function systemFolders(env: (name: string) => string | undefined, root: string): string[] {
  // To the loader a variable that is empty is as one that is not set.
  const home = env("HOME") || "/";
  const folders = [
    env("XDG_CONFIG_HOME") || join(home, ".config"),
    ...(env("XDG_CONFIG_DIRS") || "/etc/xdg").split(":"),
    "/usr/local/etc",
    "/etc",
    env("XDG_DATA_HOME") || join(home, ".local/share"),
    ...(env("XDG_DATA_DIRS") || "/usr/local/share:/usr/share").split(":"),
  ];
  const added = (env("VK_ADD_DRIVER_FILES") || "").split(":").filter((path) => path !== "");
  return [...added, ...new Set(folders.map((folder) => join(root, folder, "vulkan", "icd.d")))];
}

/** The manifests at a path: a manifest or a folder of them. */
function manifestsAt(path: string): string[] {
  try {
    if (!Deno.statSync(path).isDirectory) return [path];
    const names = [...Deno.readDirSync(path)].map(({ name }) => name);
    return names.filter((name) => name.endsWith(".json")).sort().map((name) => join(path, name));
  } catch {
    // Not there, or not for us: the loader does not read it either.
    return [];
  }
}
