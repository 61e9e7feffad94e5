/** What `deno.json` says of the project: its version, the packages that it uses, its tasks. */

import config from "../../deno.json" with { type: "json" };

/** The version of Sluice. */
export const version: string = config.version;

/** What each bare name in an import stands for: `npm:NAME@VERSION`. */
export const packages: Readonly<Record<string, string>> = config.imports;

/** The name of the project as a package. */
export const packageName: string = config.name;

/** The command line of each task. */
export const tasks: Readonly<Record<string, string>> = config.tasks;

/** The unstable parts of Deno that the project uses. */
export const unstable: readonly string[] = config.unstable;
