/** Runs a pipeline within the calling program. */

import { join, resolve } from "node:path";
import { disk } from "../schema/file_system.ts";
import { PipelineError } from "../schema/problem.ts";
import { writeYaml } from "../schema/write_yaml.ts";
import { checkOptions } from "./check_options.ts";
import { openPipeline } from "./open_pipeline.ts";
import { planRun, type RunFlags } from "./plan_run.ts";
import type { RunReport } from "./run_report.ts";
import { runStages } from "./run_stages.ts";

/** How a pipeline is run; the same flags as those of `deno task run`. */
export interface RunOptions extends RunFlags {
  /** Values that replace those of the pipeline: `path=value`. */
  readonly set?: readonly string[];
  /** Folder of relative paths and of `runs/`; without it the current one. */
  readonly cwd?: string;
  /** Stops the run: it saves what it can, and a later run goes on from there. */
  readonly signal?: AbortSignal;
  /** Is given a line about each thing that happens. Without it a run is silent. */
  readonly log?: (line: string) => void;
  /** Is given lines about how far a stage is, ten per second at most. */
  readonly progress?: (line: string) => void;
}

/**
 * Runs a pipeline, given as a file's path or as the content that such a file would have, and
 * returns what stands in its report.json. The run folder holds everything else.
 *
 * Throws a PipelineError with everything that is wrong with the pipeline, before any work; and a
 * RunInterrupted if `signal` stopped it.
 */
export async function runPipeline(
  pipeline: string | Readonly<Record<string, unknown>>,
  options: RunOptions = {},
): Promise<RunReport> {
  checkOptions(options);
  const { set, log = () => {}, progress = () => {}, ...flags } = options;
  const cwd = resolve(options.cwd ?? Deno.cwd());
  // A pipeline without a file is as one in the folder of relative paths.
  const virtual = join(cwd, "pipeline");
  const text = typeof pipeline === "string" ? undefined : writeYaml(pipeline);
  const fs = text === undefined ? disk : {
    ...disk,
    readText: (path: string) => path === virtual ? text : disk.readText(path),
  };
  const file = typeof pipeline === "string" ? pipeline : virtual;
  const opened = await openPipeline(file, { cwd, fs, ...(set ? { set } : {}) });
  if (opened.pipeline === undefined) throw new PipelineError(opened.problems);
  const plan = await planRun(opened.pipeline, flags, cwd);
  const files = plan.pipelineFiles.filter((path) => text === undefined || path !== virtual);
  const signal = options.signal ?? new AbortController().signal;
  return await runStages({ ...plan, pipelineFiles: files }, { log, progress, signal });
}
