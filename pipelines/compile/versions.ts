/** The version of the project and the packages that it uses, as `deno.json` has them. */

import config from "../../deno.json" with { type: "json" };

/** The version of Sluice. */
export const version: string = config.version;

/** What each bare name in an import stands for: `npm:NAME@VERSION`. */
export const packages: Readonly<Record<string, string>> = config.imports;
