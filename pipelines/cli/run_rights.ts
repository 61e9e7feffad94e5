/** The rights of the Worker that carries out a run: what its plan needs, and no others. */

import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isCheckout, projectRoot } from "../compile/project_root.ts";
import type { RunPlan } from "../compile/run_plan.ts";

/** The sources of a checkout: a run loads them, and their digests are part of keys. */
const SOURCES = !isCheckout
  ? []
  : ["graph", "kernels", "runtime", "pipelines", "deno.json"].map((name) =>
    fileURLToPath(new URL(name, projectRoot))
  );
/** What the library for YAML looks up. */
const ENVIRONMENT = ["LOG_TOKENS", "LOG_STREAM"];

/**
 * To read the inputs and the pipeline, to write the run folder. Some calls on files need rights to
 * the path as it is written, others to the one that is left when symbolic links are followed.
 */
export function runRights(
  { stages, pipelineFiles, out }: Pick<RunPlan, "stages" | "pipelineFiles" | "out">,
): Deno.PermissionOptionsObject {
  const inputs = stages.flatMap(({ files }) => files.map(({ path }) => path));
  return {
    read: withReal([...SOURCES, out, ...pipelineFiles, ...inputs]),
    write: withReal([out]),
    env: ENVIRONMENT,
    net: false,
    ffi: false,
    run: false,
    sys: false,
    // The Workers of a package load its modules from where the package lies.
    import: isCheckout ? false : "inherit",
  };
}

function withReal(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => [path, realPath(path)]))];
}

/**
 * A path without symbolic links. What is not there yet will be made in the folder that is there.
 */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    const parent = dirname(path);
    if (!(error instanceof Deno.errors.NotFound) || parent === path) return path;
    return join(realPath(parent), basename(path));
  }
}
