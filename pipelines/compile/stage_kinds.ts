/** The table of stage kinds. Each is loaded when a pipeline has it. */

import type { StageKind } from "./stage_kind.ts";

/** Loaders of kinds by name. */
export type StageKinds = Readonly<Record<string, () => Promise<StageKind<never>>>>;

/** Every kind that a pipeline may have. */
export const stageKinds: StageKinds = {
  documents: async () => (await import("../data/documents_stage.ts")).documentsStage,
  filter: async () => (await import("../data/filter_stage.ts")).filterStage,
  tokenize: async () => (await import("../data/tokenize_stage.ts")).tokenizeStage,
  train: async () => (await import("../train/train_stage.ts")).trainStage,
  eval: async () => (await import("../eval/eval_stage.ts")).evalStage,
  report: async () => (await import("../report/report_stage.ts")).reportStage,
};
