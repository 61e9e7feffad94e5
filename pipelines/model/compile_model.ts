/**
 * Compiles a model of a pipeline: sizes its dims, builds it once, and keeps how to build it again.
 */

import { createBuilder } from "../../graph/ir/build.ts";
import type { Builder, Origin, Value } from "../../graph/ir/graph.ts";
import { formatType, sameType, tensor } from "../../graph/ir/tensor.ts";
import { ops } from "../../kernels/mod.ts";
import type { BlockConfig, ModelConfig } from "../schema/definitions.ts";
import { formatPlace } from "../schema/problem.ts";
import type { Place } from "../schema/tree.ts";
import type { Blocks, Locate } from "./block.ts";
import { blocksOf } from "./blocks_of.ts";
import { buildBlock } from "./build_block.ts";
import { fill, type Filled, located } from "./fill.ts";
import type { ForwardOptions, Model, Parameter, WrittenModel } from "./model.ts";
import { NodeError, pipelineError, type Use } from "./_node_error.ts";
import { rootNames } from "./outer_names.ts";
import { type ModelDefinition, resolveModel } from "./resolve_model.ts";
import type { BuildContext, ParameterRequest } from "./scope.ts";

/** What a model is compiled from. */
export interface ModelSource {
  readonly models: Readonly<Record<string, ModelConfig>>;
  /** Those of the pipeline and of the library. */
  readonly blocks: Blocks;
  readonly locate: Locate;
  /** A model as it was written. */
  define(name: string): WrittenModel;
  /** The models with `from`, by name. */
  readonly folders: Readonly<Record<string, FolderModel>>;
}

/** A model that a folder holds, as its config.json tells. */
export interface FolderModel {
  /** Absolute. */
  readonly folder: string;
  /** How it would be written in a pipeline. */
  readonly model: ModelConfig;
  /** Blocks of its own, beside those of the library. */
  readonly blocks: Readonly<Record<string, BlockConfig>>;
}

/** Sizes that a model takes from its data. */
export interface CompileOptions {
  /** Size of the tokenizer's vocabulary; absent where it is not yet known. */
  readonly vocab?: number;
  /** Length of the sequences; absent: the model's own dim `seq`, or 1. */
  readonly seq?: number;
  /** The longest sequence, for a model that does not say it; absent: as long as `seq`. */
  readonly positions?: number;
}

/** Stands for an unknown vocabulary: a prime, so that no other dim is taken for it. */
const UNKNOWN_VOCAB = 65_521;

/** Most nodes of a model, repetitions counted: far more than any model has. */
const MAX_NODES = 50_000;

/** Compiles model `name`. Throws a PipelineError for what is wrong with it, located. */
export function compileModel(
  source: ModelSource,
  name: string,
  options: CompileOptions = {},
): Model {
  const { models, blocks, folder } = sourceOf(source, name);
  const definition = resolveModel(models, name, source.locate);
  const { dims, vocabKnown } = sizes(definition, options);
  const { filling } = definition;
  const around = { blocks, slots: new Map<string, Filled>(), constants: dims };
  const filled = located(filling.place, () => fill(filling, around), {
    locate: definition.locate,
  }) as Filled & { kind: "use" };
  const explain = explainer(definition, vocabKnown);
  const whole: Use = {
    place: definition.keyPlace,
    prefix: `models.${name}: `,
    dims: definition.locate("dims"),
  };
  const uses = new Map<string, Use>();

  const build = (builder: Builder, tokens: Value, parts: Parts): Value => {
    let [streams, nodes] = [0, 0];
    const context: BuildContext = {
      builder,
      ops,
      blocks,
      dims,
      parameter: parts.parameter,
      random: () => {
        parts.onRandom?.();
        return parts.random && { key: parts.random, stream: streams++ };
      },
      countNode: (path, use) => {
        uses.set(path, use);
        if (++nodes <= MAX_NODES) return;
        throw new NodeError(`the model has more than ${MAX_NODES} nodes`, { code: "too-large" });
      },
      explain,
    };
    const root = { path: "", depth: 0, use: whole, outer: rootNames };
    const logits = located(
      definition.place,
      () => buildBlock(context, filled, [tokens], root),
      { suffix: ` (model ${name})`, use: whole },
    );
    const [batch] = tokens.type.dims;
    const expected = tensor({
      batch: batch.size,
      seq: dims.get("seq")!,
      vocab: dims.get("vocab")!,
    });
    if (sameType(logits.type, expected)) return logits;
    throw pipelineError(
      definition.place,
      "model-result",
      explain(`model ${name} gives ${formatType(logits.type)}`),
      { expected: explain(formatType(expected)) },
    );
  };

  const parameters: Parameter[] = [];
  let random = false;
  const builder = createBuilder();
  const tokens = builder.input("tokens", tensor({ batch: 1, seq: dims.get("seq")! }, "i32"));
  build(builder, tokens, {
    parameter: (request) => {
      parameters.push(toParameter(request));
      return builder.input(`param/${request.name}`, request.type);
    },
    // The pass of training: what is wrong with a dropout is found here, not when the data is ready.
    random: builder.input("random", tensor({}, "u32")),
    onRandom: () => random = true,
  });
  const { positions, ...others } = Object.fromEntries(dims);
  return {
    name,
    ...(folder === undefined ? {} : { folder }),
    definition: source.define(name),
    dims: definition.dims.has("positions") ? { ...others, positions } : others,
    positions,
    vocabKnown,
    parameters,
    random,
    refusal({ location, path }: Origin, code: string, message: string): Error {
      const { place, prefix } = uses.get(path) ?? whole;
      const at = location === formatPlace(place) ? "" : ` at ${location}`;
      return pipelineError(place, code, `${prefix}${message} (${path})${at}`);
    },
    forward: (into: Builder, given: Value, { parameters, random }: ForwardOptions) =>
      build(into, given, { parameter: lookUp(parameters), ...(random ? { random } : {}) }),
  };
}

/** The models and blocks that `name` is made of: one from a folder knows none of the pipeline's. */
function sourceOf({ models, blocks, folders, locate }: ModelSource, name: string) {
  if (!Object.hasOwn(folders, name)) return { models, blocks, folder: undefined };
  const { folder, model, blocks: own } = folders[name];
  return { models: { ...models, [name]: model }, blocks: blocksOf(own, locate, []), folder };
}

/** What differs between the builds of one model. */
interface Parts {
  readonly parameter: (request: ParameterRequest) => Value;
  readonly random?: Value;
  readonly onRandom?: () => void;
}

function toParameter({ place, ...request }: ParameterRequest): Parameter {
  return { ...request, location: formatPlace(place) };
}

function lookUp(parameters: ReadonlyMap<string, Value>) {
  return ({ name, type }: ParameterRequest): Value => {
    const value = parameters.get(name);
    if (value && sameType(value.type, type)) return value;
    throw new RangeError(
      `Cannot build the model: parameter ${name} is ${
        value ? formatType(value.type) : "missing"
      }, ` +
        `expected ${formatType(type)}`,
    );
  };
}

/** The sizes of all dims but `batch`, the model's own and those of the data. */
function sizes(
  { name, place: whole, dims: given }: ModelDefinition,
  { vocab, seq, positions: most }: CompileOptions,
): { dims: Map<string, number>; vocabKnown: boolean } {
  const dims = new Map<string, number>();
  const refuse = (place: Place, detail: string, expected: string) => {
    throw pipelineError(place, "dim-size", `${detail} in model ${name}`, { expected });
  };
  for (const [dim, { value, place }] of given) {
    if (dim === "batch") refuse(place, "dim batch", "none: the train stage chooses it");
    if (value !== "auto") dims.set(dim, value);
    else if (dim !== "vocab") refuse(place, `dim ${dim} is auto`, "a size; only vocab may be auto");
    if (dim === "vocab" && value !== "auto" && vocab !== undefined && value < vocab) {
      refuse(place, `dim vocab is ${value}`, `at least ${vocab}, the tokenizer's size`);
    }
    if (dim === "seq" && seq !== undefined && value !== seq) {
      refuse(place, `dim seq is ${value}`, `${seq} as in its data, or no dim seq`);
    }
  }
  dims.set("seq", seq ?? dims.get("seq") ?? 1);
  const positions = dims.get("positions") ?? most ?? dims.get("seq")!;
  dims.set("positions", positions);
  if (positions < dims.get("seq")!) {
    const { place } = given.get("positions") ?? { place: whole };
    const expected = `at least ${dims.get("seq")}, as its data needs`;
    refuse(place, `dim positions is ${positions}`, expected);
  }
  const size = dims.get("vocab") ?? vocab;
  dims.set("vocab", size ?? UNKNOWN_VOCAB);
  return { dims, vocabKnown: size !== undefined };
}

/** Says of the sizes in a message which ones a flag set; an unknown vocabulary has no number. */
function explainer({ dims }: ModelDefinition, vocabKnown: boolean) {
  return (message: string): string => {
    const text = vocabKnown ? message : message.replaceAll(`vocab=${UNKNOWN_VOCAB}`, "vocab=?");
    const notes = [...dims].filter(([dim, { value, place }]) =>
      place.source.flag && new RegExp(`\\b${dim}=${value}\\b`).test(message)
    ).map(([dim, { value, place }]) => `; ${dim}=${value} comes from ${formatPlace(place)}`);
    return text + notes.join("");
  };
}
