/**
 * The pipeline language, defined once: the JSON Schema, the docs, the types of resolved pipelines and
 * the defaults all come from here.
 */

import {
  defaulted,
  integer,
  map,
  object,
  oneOf,
  oneOrMany,
  optional,
  path,
  tagged,
  union,
} from "./define.ts";
import type { Infer } from "./shape.ts";
import { documentsDef, filterDef, tokenizeDef } from "./data_definitions.ts";
import { evalDef, reportDef } from "./eval_definitions.ts";
import { blockDef, modelDef, nodeDef } from "./model_definitions.ts";
import { axes, name, nameShape, wordShape } from "./names.ts";
import { trainDef } from "./train_definitions.ts";
import type { Axis } from "./names.ts";

/** A stage of a pipeline. */
export const stageDef = tagged("A stage; `kind` decides on its other keys.", "kind", {
  documents: documentsDef,
  filter: filterDef,
  tokenize: tokenizeDef,
  train: trainDef,
  eval: evalDef,
  report: reportDef,
});

const axisSize = union(
  "How many devices; `auto`: as many as are left.",
  integer("A number of devices.", { min: 1, max: 2 ** 20 }),
  oneOf("As many as are left.", ["auto"]),
);

const placements = map(
  "The mesh axes over which a dim is split, slowest first; a dim that is missing is replicated.",
  wordShape,
  oneOrMany("Axes.", oneOf("An axis.", axes)),
);

/** A whole pipeline. */
export const pipelineDef = object("A pipeline.", {
  version: integer("Version of the language: 1.", { min: 1, max: 1 }),
  name: name("Its name; runs are kept in `runs/NAME`."),
  seed: defaulted(
    integer("Every stage derives its own seed from this and its name.", {
      min: 0,
      max: 2 ** 32 - 1,
    }),
    0,
  ),
  extends: optional(path("A pipeline whose keys this one takes over: maps merge, others replace.")),
  mesh: defaulted(
    object("Sizes of the mesh axes, slowest link first; 1 if missing.", {
      pp: optional(axisSize),
      dp: optional(axisSize),
      fsdp: optional(axisSize),
      ep: optional(axisSize),
      cp: optional(axisSize),
      tp: optional(axisSize),
    }),
    {},
  ),
  sharding: defaulted(
    object("How tensors are split over the mesh.", {
      params: defaulted(placements, {}),
      activations: defaulted(placements, {}),
      optimizer: defaulted(
        union(
          "Placements of the optimizer's state; `params`: as the parameters.",
          oneOf("As the parameters.", ["params"]),
          placements,
        ),
        "params",
      ),
    }),
    {},
  ),
  precision: defaulted(
    object("Element types.", {
      params: defaulted(oneOf("Of parameters at rest.", ["f32"]), "f32"),
      compute: defaulted(oneOf("Of computation.", ["f32"]), "f32"),
    }),
    {},
  ),
  models: defaulted(map("Models by name.", nameShape, modelDef), {}),
  blocks: defaulted(map("Blocks by name, beside those of the library.", nameShape, blockDef), {}),
  stages: map("Stages by name; what they refer to makes the order.", nameShape, stageDef),
});

/** A resolved pipeline: `extends` applied, shorthands expanded, defaults filled in, paths absolute. */
export type PipelineConfig = Infer<typeof pipelineDef>;
/** A stage of any kind. */
export type StageConfig = Infer<typeof stageDef>;
/** The name of a kind of stage. */
export type StageKindName = StageConfig["kind"];
/** `kind: documents`. */
export type DocumentsConfig = Extract<StageConfig, { kind: "documents" }>;
/** `kind: filter`. */
export type FilterConfig = Extract<StageConfig, { kind: "filter" }>;
/** A rule of a filter stage: exactly one key. */
export type RuleConfig = FilterConfig["rules"][number];
/** `kind: tokenize`. */
export type TokenizeConfig = Extract<StageConfig, { kind: "tokenize" }>;
/** `kind: train`. */
export type TrainConfig = Extract<StageConfig, { kind: "train" }>;
/** The optimizer of a train stage. */
export type OptimizerConfig = TrainConfig["optimizer"];
/** The schedule of a train stage. */
export type ScheduleConfig = TrainConfig["schedule"];
/** `kind: eval`. */
export type EvalConfig = Extract<StageConfig, { kind: "eval" }>;
/** `kind: report`. */
export type ReportConfig = Extract<StageConfig, { kind: "report" }>;
/** A model. */
export type ModelConfig = Infer<typeof modelDef>;
/** A block. */
export type BlockConfig = Infer<typeof blockDef>;
/** A node of a block. */
export type NodeConfig = Infer<typeof nodeDef>;
/** A file, and the digest its content must have. */
export type SourceConfig = NonNullable<DocumentsConfig["read"]>[number];
/** Placements by dim: axes, slowest first. */
export type Placements = Readonly<Record<string, readonly Axis[]>>;

export type { Axis } from "./names.ts";
export type { Attribute, Filler } from "./model_definitions.ts";
export { blockDef, modelDef, nodeDef };
