/** The Vulkan loader of Linux, the drivers that it finds, and what they offer. */

import { join } from "node:path";
import { listVulkanDevices } from "./list_vulkan_devices.ts";
import type { VulkanFacts } from "./machine_facts.ts";

/** Variables that replace the folders of the system, the stronger one first. */
const OVERRIDES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] as const;

/** Looks for them. `env` is the environment; `root` is put before the folders of the system. */
export function findVulkanFacts(
  env: (name: string) => string | undefined,
  root = "/",
): VulkanFacts {
  const variable = OVERRIDES.find((name) => env(name) !== undefined);
  const value = variable === undefined ? "" : env(variable)!;
  const places = variable === undefined ? systemFolders(env, root) : value.split(":");
  const drivers = places.flatMap(manifestsAt);
  const found = listVulkanDevices();
  return {
    ...(variable === undefined ? {} : { override: { variable, value } }),
    drivers,
    ...found,
  };
}

/** The folders in which drivers leave their manifests. */
function systemFolders(env: (name: string) => string | undefined, root: string): string[] {
  const home = env("XDG_DATA_HOME") ?? join(env("HOME") ?? "/", ".local/share");
  const shared = (env("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share").split(":");
  return [...new Set(["/etc", home, ...shared])].map((folder) =>
    join(root, folder, "vulkan", "icd.d")
  );
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
