/** The graphs that run the model on a batch: training step, held-out loss, logits. */

import { GradientError, gradients } from "../../graph/autodiff/gradient.ts";
import { createBuilder } from "../../graph/ir/build.ts";
import type { Builder, Graph, Value } from "../../graph/ir/graph.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { crossEntropy } from "../../kernels/cross_entropy.ts";
import { fill } from "../../kernels/fill.ts";
import { map } from "../../kernels/map.ts";
import { sum } from "../../kernels/sum.ts";
import { toF32 } from "../../kernels/to_f32.ts";
import type { Model } from "./model.ts";

/** What a training step depends on; see `TrainOptions`. */
export interface StepOptions {
  readonly batch: number;
  readonly accumulate: number;
  readonly z_loss: number;
}

/**
 * The graph `step`: loss and gradients of one microbatch. Throws a PipelineError for a node that has no
 * gradient.
 */
export function stepProgram(model: Model, { batch, accumulate, z_loss }: StepOptions): Graph {
  const builder = createBuilder();
  const tokens = batchInput(builder, "tokens", model, batch);
  const targets = batchInput(builder, "targets", model, batch);
  const parameters = parameterInputs(builder, model);
  const random = model.random ? builder.input("random", tensor({}, "u32")) : undefined;
  const logits = model.forward(builder, tokens, { parameters, ...(random ? { random } : {}) });
  const { objective, total, count } = lossOf(builder, logits, targets, z_loss);
  const share = accumulate > 1 ? `${1 / accumulate} * ` : "";
  const mean = (total: Value) => apply(builder, `${share}total / max(count, 1)`, { total, count });
  const loss = mean(total);

  const [seed] = builder.call(fill, [], { value: 1 });
  const add = (a: Value, b: Value) => apply(builder, "a + b", { a, b });
  const found = placed(
    model,
    () => gradients(builder, mean(objective), [...parameters.values()], { seed, add }),
  );
  const accumulating = accumulate > 1 ? builder.input("accumulating", tensor({})) : undefined;
  const outputs: Record<string, Value> = { loss };
  model.parameters.forEach(({ name, type }, i) => {
    const zeros = {
      value: 0,
      dims: type.dims.map((dim) => dim.name),
      sizes: type.dims.map((dim) => dim.size),
    };
    outputs[`grad/${name}`] = found[i] ?? builder.call(fill, [], zeros)[0];
  });
  if (accumulating) {
    for (const [name, value] of Object.entries(outputs)) {
      const before = builder.input(name, value.type);
      const expr = "where(accumulating > 0, before, 0) + value";
      // `before` comes first: `map` may overwrite that operand, so the sum is made in place.
      outputs[name] = apply(builder, expr, { before, value, accumulating });
    }
  }
  return builder.finish(outputs);
}

/** Runs `body`; a node without a gradient becomes the user's error. */
function placed<T>(model: Model, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof GradientError) || !error.origin) throw error;
    throw model.refusal(error.origin, "no-gradient", error.message);
  }
}

/** The graph `evaluate`: the sum of the losses of a batch and the number of its targets. */
export function evaluateProgram(model: Model, batch: number): Graph {
  const builder = createBuilder();
  const tokens = batchInput(builder, "tokens", model, batch);
  const targets = batchInput(builder, "targets", model, batch);
  const parameters = parameterInputs(builder, model);
  const logits = model.forward(builder, tokens, { parameters });
  const { losses, total, count } = lossOf(builder, logits, targets, 0);
  return builder.finish({ loss_sum: total, count, token_loss: losses });
}

/** The graph `logits`: the logits of every position. */
export function logitsProgram(model: Model, batch: number): Graph {
  const builder = createBuilder();
  const tokens = batchInput(builder, "tokens", model, batch);
  const parameters = parameterInputs(builder, model);
  return builder.finish({ logits: model.forward(builder, tokens, { parameters }) });
}

/** The value of an expression of named operands, the one with all dims first. */
export function apply(
  builder: Builder,
  expr: string,
  operands: Readonly<Record<string, Value>>,
): Value {
  return builder.call(map, Object.values(operands), { expr, names: Object.keys(operands) })[0];
}

/**
 * Losses in nats, 0 where ignored, their sum and number, and the sum that training minimises: the
 * same with the z-loss.
 */
function lossOf(builder: Builder, logits: Value, targets: Value, z_loss: number) {
  const [penalized, logsumexp] = builder.call(crossEntropy, [logits, targets], { z_loss });
  const [target] = builder.call(toF32, [targets]);
  const counted = apply(builder, "where(target >= 0, 1, 0)", { target });
  const losses = z_loss === 0 ? penalized : apply(
    builder,
    `penalized - ${z_loss} * counted * logsumexp * logsumexp`,
    { penalized, counted, logsumexp },
  );
  const dims = losses.type.dims.map(({ name }) => name);
  const sumOf = (value: Value) => builder.call(sum, [value], { dims })[0];
  return {
    losses,
    total: sumOf(losses),
    objective: sumOf(penalized),
    count: sumOf(counted),
  };
}

function batchInput(
  builder: Builder,
  name: string,
  { dims: { seq } }: Model,
  batch: number,
): Value {
  return builder.input(name, tensor({ batch, seq }, "i32"));
}

/** Adds the inputs `param/NAME`, as `Model.forward` takes them. */
export function parameterInputs(builder: Builder, model: Model): Map<string, Value> {
  return new Map(
    model.parameters.map(({ name, type }) => [name, builder.input(`param/${name}`, type)]),
  );
}
