/** `report.json`: what a run did. */

import { metricRows, rowName, showMetric } from "./metric_rows.ts";
import { duration } from "./progress_line.ts";
import type { RunPlan } from "./run_plan.ts";
import type { FinishedStage } from "./run_stage.ts";
import type { Metrics } from "./stage_kind.ts";

/** A stage of a run. */
export interface StageReport {
  /** Its kind: `train`, `eval`, ... */
  readonly kind: string;
  /** Whether it ran, or its result was there. */
  readonly status: "ran" | "cached";
  /** Wall time of the run that made the result. */
  readonly seconds: number;
  /** Why it ran, or `unchanged`. */
  readonly why: string;
  /** Its numbers, as its kind names them. */
  readonly metrics: Metrics;
}

/** The content of report.json. */
export interface RunReport {
  /** The name of the pipeline. */
  readonly name: string;
  /** The seed of the pipeline. */
  readonly seed: number;
  /** The engine that computed: `webgpu`, `wasm` or `reference`. */
  readonly engine: string;
  /** The adapter of engine webgpu. */
  readonly adapter?: string;
  /** How many devices the mesh has. */
  readonly devices: number;
  /** The stages that were reached, in their order. */
  readonly stages: Readonly<Record<string, StageReport>>;
}

/** The report of a run from its finished stages. */
export function reportOf(plan: RunPlan, finished: ReadonlyMap<string, FinishedStage>): RunReport {
  const stages: Record<string, StageReport> = {};
  for (const [id, { output, record, status, why }] of finished) {
    const { kind, metrics } = output;
    stages[id] = { kind, status, seconds: record.seconds, why, metrics };
  }
  const { name, seed, engine, devices } = plan;
  const { engine: engineName, adapter } = engine;
  return {
    name,
    seed,
    engine: engineName,
    ...(adapter === undefined ? {} : { adapter }),
    devices,
    stages,
  };
}

/** One line about a finished stage. */
export function describeStage({ status, seconds, metrics }: StageReport): string {
  if (status === "cached") return "cached";
  const rows = metricRows(metrics).filter(({ path, value }) =>
    typeof value !== "string" && !path.includes("kinds") && !path.includes("dropped_by")
  );
  const words = rows.map(({ path, value }) => `${rowName(path)} ${showMetric(value)}`);
  return [`ran in ${duration(seconds)}`, ...words].join(", ");
}
