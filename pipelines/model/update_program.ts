/** The graph that updates the parameters: clipping and one step of the optimizer. */

import { createBuilder } from "../../graph/ir/build.ts";
import type { Graph, Value } from "../../graph/ir/graph.ts";
import type { Op } from "../../graph/ir/op.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { adamw } from "../../kernels/adamw.ts";
import { sgd, sgdMomentum } from "../../kernels/sgd.ts";
import { globalNorm } from "../../kernels/sum_of_squares.ts";
import type { Model, Parameter } from "./model.ts";
import type { AdamW, Sgd } from "./train_options.ts";

/** The graph `update`. `clip` is the largest global norm of the gradients; 0: not clipped. */
export function updateProgram(
  { parameters }: Model,
  { optimizer, clip }: { readonly optimizer: AdamW | Sgd; readonly clip: number },
): Graph {
  const builder = createBuilder();
  const scalar = (name: string) => builder.input(name, tensor({}));
  const inputs = (prefix: string) =>
    parameters.map(({ name, type }) => builder.input(`${prefix}/${name}`, type));
  const lr = scalar("lr");
  const corrections = optimizer.kind === "adamw"
    ? [scalar("correction1"), scalar("correction2")]
    : [];
  const [grads, params] = [inputs("grad"), inputs("param")];
  const moments = momentNames(optimizer).map((name) => ({ name, values: inputs(name) }));
  const { norm, scale } = globalNorm(builder, grads, clip);
  const outputs: Record<string, Value> = { grad_norm: norm };
  parameters.forEach((parameter, i) => {
    const state = moments.map(({ values }) => values[i]);
    const operands = [params[i], grads[i], ...state, lr, ...corrections, scale];
    const { op, attrs } = rule(optimizer, parameter);
    const [param, ...changed] = builder.call(op, operands, attrs);
    outputs[`param/${parameter.name}`] = param;
    changed.forEach((value, at) => outputs[`${moments[at].name}/${parameter.name}`] = value);
  });
  return builder.finish(outputs);
}

/** Prefixes of the optimizer's buffers: `m/NAME`, `v/NAME`. */
export function momentNames(optimizer: AdamW | Sgd): readonly string[] {
  if (optimizer.kind === "adamw") return ["m", "v"];
  return optimizer.momentum > 0 ? ["m"] : [];
}

function rule(
  optimizer: AdamW | Sgd,
  { matrix }: Parameter,
): { op: Op; attrs: Readonly<Record<string, number>> } {
  const weight_decay = matrix || optimizer.decay === "all" ? optimizer.weight_decay : 0;
  if (optimizer.kind === "adamw") {
    const [beta1, beta2] = optimizer.betas;
    return { op: adamw, attrs: { beta1, beta2, eps: optimizer.eps, weight_decay } };
  }
  const { momentum } = optimizer;
  return momentum > 0
    ? { op: sgdMomentum, attrs: { momentum, weight_decay } }
    : { op: sgd, attrs: { weight_decay } };
}
