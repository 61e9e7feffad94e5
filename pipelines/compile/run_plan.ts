/** A run, decided: what the main thread hands to the Worker that carries it out. Plain JSON. */

import type { EngineChoice } from "./choose_engine.ts";
import type { Stage } from "./compile.ts";
import type { PlacedModels } from "./stage_models.ts";

/** A stage to run: of a compiled pipeline, or of a kind that pipelines do not have. */
export interface RunStage extends Omit<Stage, "kind" | "config" | "models"> {
  readonly kind: string;
  /** Its resolved configuration, paths absolute. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A run. */
export interface RunPlan {
  readonly name: string;
  readonly seed: number;
  /** In an order in which each finds its inputs finished. */
  readonly stages: readonly RunStage[];
  readonly models: PlacedModels;
  /** The run folder, absolute. */
  readonly out: string;
  /** Content of resolved.yaml. */
  readonly resolved: string;
  /** The pipeline file and those it extends, absolute. */
  readonly pipelineFiles: readonly string[];
  readonly engine: EngineChoice;
  /** Workers per device. */
  readonly threads: number;
  readonly devices: number;
  readonly mesh: Readonly<Record<string, number>>;
  readonly precision: Readonly<Record<string, string>>;
  /** The last stage to run, and with it those it needs. */
  readonly until?: string;
  /** Runs every stage, whatever is cached. */
  readonly fresh?: boolean;
  /** Refuses inputs that differ from the manifest's. */
  readonly locked?: boolean;
  /** Profiles the stages that can be. */
  readonly profile?: boolean;
}

/** The stages that a run reaches: with `until`, that stage and those it needs. */
export function reachedStages({ stages, until }: RunPlan): readonly RunStage[] {
  if (until === undefined) return stages;
  const needed = new Set([until]);
  for (const { id, inputs } of stages.toReversed()) {
    if (needed.has(id)) { for (const input of inputs) needed.add(input); }
  }
  return stages.filter(({ id }) => needed.has(id));
}
