/** How a model is kept: in a layout of transformers if it has one, else with its own names. */

import { createBuilder } from "../../../graph/ir/build.ts";
import { formatGraph } from "../../../graph/ir/format_graph.ts";
import type { Graph } from "../../../graph/ir/graph.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { library } from "../blocks_of.ts";
import { compileModel } from "../compile_model.ts";
import type { Model } from "../model.ts";
import { LAYOUTS } from "../outer_names.ts";
import { PipelineError } from "../../schema/problem.ts";
import type { ModelConfig } from "../../schema/definitions.ts";
import { configReader, type Json } from "./config_reader.ts";
import type { Layout } from "./layout.ts";
import { layouts, SLUICE } from "./layouts.ts";
import { layoutTensors, plainTensors, type TensorPlan } from "./stored_tensors.ts";

/** How the checkpoints of a model look. */
export interface ModelExport {
  /** What config.json says of the model itself. */
  readonly config: Json;
  readonly tensors: readonly TensorPlan[];
  /** In words, why it is `model_type: sluice`. */
  readonly reason?: string;
}

/**
 * The layout that a model fits: its parameters have names there, and the model that config.json
 * stands for computes the very same graph.
 */
export function exportModel(model: Model): ModelExport {
  let reason = `${model.parameters[0].name} has no name in ${LAYOUTS.join(" or ")}`;
  for (const layout of LAYOUTS.map((name) => layouts[name])) {
    const found = exportAs(model, layout);
    if (typeof found !== "string") return found;
    // What a model of another family lacks says nothing.
    if (model.parameters[0].outer[layout.name] !== undefined) reason = found;
  }
  return {
    config: {
      architectures: null,
      model_type: SLUICE,
      vocab_size: model.dims.vocab,
      max_position_embeddings: model.positions,
      sluice: definitionOf(model),
    },
    tensors: plainTensors(model.parameters),
    reason,
  };
}

/** The model as pipelines write it, with the sizes it has. */
function definitionOf({ definition, dims: { vocab, seq }, positions, parameters }: Model): Json {
  const { model, blocks } = definition;
  // Where a parameter is as long as the sequences, they cannot be of another length.
  const fixed = parameters.some(({ type }) => type.dims.some(({ name }) => name === "seq"));
  const dims = { ...model.dims as Json, vocab, positions, ...(fixed ? { seq } : {}) };
  return { model: { ...model, dims }, blocks };
}

function exportAs(model: Model, layout: Layout): ModelExport | string {
  const tensors = layoutTensors(model.parameters, layout.name);
  if (typeof tensors === "string") return tensors;
  const { dims, positions } = model;
  const names = new Set(tensors.map(({ name }) => name));
  const graph = forwardGraph(model);
  const config = JSON.parse(
    JSON.stringify(layout.write({ dims, positions, graph, tensors: names })),
  );
  const other = `it computes something else than ${layout.name} of transformers`;
  const problems: string[] = [];
  const reader = configReader(config, problems);
  const written = layout.read(reader);
  reader.end();
  if (problems.length > 0) return `${other}: config.json would have ${problems.join(" and ")}`;
  const read = compileWritten(model, written);
  const same = read !== undefined && formatGraph(forwardGraph(read)) === formatGraph(graph) &&
    JSON.stringify(withoutNames(layoutTensors(read.parameters, layout.name))) ===
      JSON.stringify(withoutNames(tensors));
  return same ? { config, tensors } : other;
}

/** The model that a config.json stands for; undefined if its sizes do not fit together. */
function compileWritten({ dims }: Model, written: ModelConfig): Model | undefined {
  const place = { source: { name: "config.json", folder: "/", flag: false }, line: 1, column: 1 };
  const source = {
    models: { read: written },
    blocks: library(),
    folders: {},
    locate: () => place,
    define: () => ({ model: {}, blocks: {} }),
  };
  try {
    return compileModel(source, "read", { vocab: dims.vocab, seq: dims.seq });
  } catch (error) {
    if (error instanceof PipelineError) return undefined;
    throw error;
  }
}

/** The forward pass of training, with numbers for the names of the parameters. */
function forwardGraph(model: Model): Graph {
  const builder = createBuilder();
  const tokens = builder.input("tokens", tensor({ batch: 1, seq: model.dims.seq }, "i32"));
  const random = builder.input("random", tensor({}, "u32"));
  const parameters = new Map(
    model.parameters.map(({ name, type }, i) => [name, builder.input(`parameter ${i}`, type)]),
  );
  return builder.finish({ logits: model.forward(builder, tokens, { parameters, random }) });
}

/** Plans of tensors, to compare those of models whose own names differ. */
function withoutNames(tensors: readonly TensorPlan[] | string): unknown {
  if (typeof tensors === "string") return tensors;
  return tensors.map(({ parts, ...plan }) => ({
    ...plan,
    parts: parts.map(({ parameter: _, ...part }) => part),
  }));
}
