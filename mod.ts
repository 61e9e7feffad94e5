/**
 * Sluice trains language models from one pipeline: a YAML file, or the same content built by a program.
 *
 * @example
 * ```ts
 * import { runPipeline } from "./mod.ts";
 *
 * const report = await runPipeline({
 *   version: 1,
 *   name: "short_documents",
 *   seed: 17,
 *   stages: {
 *     world: { kind: "documents", generate: "small_world", count: 100 },
 *     short: { kind: "filter", from: "world", rules: [{ length: { max: 400 } }] },
 *   },
 * }, { out: Deno.makeTempDirSync() });
 *
 * console.log(report.stages.short.metrics.kept);
 * ```
 *
 * @module
 */

export { type RunOptions, runPipeline } from "./pipelines/compile/run_pipeline.ts";
export type { EngineRequest } from "./pipelines/compile/choose_engine.ts";
export type { RunFlags } from "./pipelines/compile/plan_run.ts";
export type { RunReport, StageReport } from "./pipelines/compile/run_report.ts";
export type { Metrics } from "./pipelines/compile/stage_kind.ts";
export { RunInterrupted } from "./pipelines/compile/run_stages.ts";
export { PipelineError, type Problem } from "./pipelines/schema/problem.ts";
