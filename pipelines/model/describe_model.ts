/** What a model costs: its parameters, and the floating-point operations of a token. */

import type { Graph } from "../../graph/ir/graph.ts";
import { sizeOf, type TensorType } from "../../graph/ir/tensor.ts";
import type { Init, Model } from "./model.ts";
import { logitsProgram, stepProgram } from "./step_program.ts";

/** A parameter and its number of elements. */
export interface ParameterSize {
  readonly name: string;
  readonly type: TensorType;
  readonly init: Init;
  readonly elements: number;
}

/** Sizes and costs of a model. */
export interface ModelDescription {
  readonly name: string;
  /** Number of trained elements; tied weights count once. */
  readonly params: number;
  /** Number of elements that take part in each token. */
  readonly active_params: number;
  /** Floating-point operations of a token in the forward pass, counted from the graph, rounded. */
  readonly forward_flops_per_token: number;
  /** The same for the forward and backward pass together. */
  readonly flops_per_token: number;
  /** False if the vocabulary is unknown: then so are the numbers above. */
  readonly vocab_known: boolean;
  readonly parameters: readonly ParameterSize[];
}

/** Describes a model at its sequence length. */
export function describeModel(model: Model): ModelDescription {
  const parameters = model.parameters.map(({ name, type, init }) => (
    { name, type, init, elements: sizeOf(type) }
  ));
  const params = parameters.reduce((total, { elements }) => total + elements, 0);
  const step = stepProgram(model, { batch: 1, accumulate: 1, z_loss: 0 });
  return {
    name: model.name,
    params,
    active_params: params,
    forward_flops_per_token: Math.round(flops(logitsProgram(model, 1)) / model.dims.seq),
    flops_per_token: Math.round(flops(step) / model.dims.seq),
    vocab_known: model.vocabKnown,
    parameters,
  };
}

/** Floating-point operations of one run of a graph. */
export function flops({ nodes }: Graph): number {
  return nodes.reduce((total, { op, call }) => total + op.flops(call), 0);
}
