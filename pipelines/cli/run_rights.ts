/** The rights of the Worker that carries out a run: what its plan needs, and no others. */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunPlan } from "../compile/run_plan.ts";

/** The project: a run reads its own sources, whose digests are part of keys. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What the library for YAML looks up. */
const ENVIRONMENT = ["LOG_TOKENS", "LOG_STREAM"];

/** To read the inputs and the pipeline, to write the run folder. */
export function runRights(
  { stages, pipelineFiles, out }: Pick<RunPlan, "stages" | "pipelineFiles" | "out">,
): Deno.PermissionOptionsObject {
  const inputs = stages.flatMap(({ files }) => files.map(({ path }) => path));
  // Documents are looked for by glob, and a glob reads the folder.
  const folders = inputs.map((path) => dirname(path));
  return {
    read: [...new Set([ROOT, out, ...pipelineFiles, ...inputs, ...folders])],
    write: [out],
    env: ENVIRONMENT,
    net: false,
    ffi: false,
    run: false,
    sys: false,
    import: false,
  };
}
