/** Layer normalisation (Ba, Kiros and Hinton 2016) with and without a bias, with its gradient. */

// Dims: D the normalised dim, ... the rows, BATCH their number.

import { defineOp } from "../graph/ir/define_op.ts";
import type { Builder, Node, Value } from "../graph/ir/graph.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { checkNumber } from "./_check_number.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

const eps = { default: 1e-5, doc: "added to the variance" };

/** Brings each row of `x` to mean 0 and variance 1, then multiplies by `weight` and adds `bias`. */
export const layerNorm = defineOp({
  name: "layer_norm",
  doc: "Brings each row of x to mean 0 and variance 1, then scales by weight and adds bias.",
  inputs: ["x", "weight", "bias"],
  outputs: ["y"],
  attrs: { eps },
  check: (_, attrs) => checkNumber(attrs, "eps"),
  signature: "... D!, D!, D! -> ... D!",
  inPlace: { y: "x" },
  flops: ({ inputs: [x] }) => 8 * sizeOf(x),
  reference([x, weight, bias], { dims: { BATCH, D }, attrs }) {
    const y = new Float64Array(BATCH * D);
    for (let row = 0; row < BATCH; row++) {
      const { mean, scale } = moments(x, row, D, Number(attrs.eps));
      for (let i = row * D, d = 0; d < D; i++, d++) {
        y[i] = (x[i] - mean) * scale * weight[d] + bias[d];
      }
    }
    return [y];
  },
  kernel: (call) => loopKernel(call, { over: ["D"], body: forward("+ bias") }),
  vjp: (builder, node, [dy]) => gradient(builder, node, dy),
});

/** `layer_norm` without a bias. */
export const layerNormUnbiased = defineOp({
  name: "layer_norm_unbiased",
  doc: "Brings each row of x to mean 0 and variance 1, then scales by weight.",
  inputs: ["x", "weight"],
  outputs: ["y"],
  attrs: { eps },
  check: (_, attrs) => checkNumber(attrs, "eps"),
  signature: "... D!, D! -> ... D!",
  linear: ["weight"],
  inPlace: { y: "x" },
  flops: ({ inputs: [x] }) => 7 * sizeOf(x),
  reference([x, weight], call) {
    return layerNorm.reference([x, weight, new Float64Array(weight.length)], call);
  },
  kernel: (call) => loopKernel(call, { over: ["D"], body: forward("") }),
  vjp: (builder, node, [dy]) => gradient(builder, node, dy).slice(0, 2),
});

/** The gradient of `layer_norm`; `mean` and `scale` (inverse deviation) are those of each row. */
export const layerNormGrad = defineOp({
  name: "layer_norm_grad",
  doc: "The gradient of layer_norm.",
  inputs: ["x", "weight", "dy"],
  outputs: ["dx", "dweight", "dbias", "mean", "scale"],
  attrs: { eps },
  check: (_, attrs) => checkNumber(attrs, "eps"),
  signature: "... D!, D!, ... D! -> ... D!, D!, D!, ..., ...",
  reduces: "sum",
  flops: ({ inputs: [x] }) => 19 * sizeOf(x),
  reference([x, weight, dy], { dims: { BATCH, D }, attrs }) {
    const dx = new Float64Array(BATCH * D);
    const [dweight, dbias] = [new Float64Array(D), new Float64Array(D)];
    const [means, scales] = [new Float64Array(BATCH), new Float64Array(BATCH)];
    for (let row = 0; row < BATCH; row++) {
      const { mean, scale } = moments(x, row, D, Number(attrs.eps));
      [means[row], scales[row]] = [mean, scale];
      const start = row * D;
      // dy passes through weight, then loses its mean and its projection on the normalised row.
      let [total, dot] = [0, 0];
      for (let d = 0; d < D; d++) {
        total += dy[start + d] * weight[d];
        dot += dy[start + d] * weight[d] * (x[start + d] - mean) * scale;
      }
      for (let d = 0; d < D; d++) {
        const normal = (x[start + d] - mean) * scale;
        dx[start + d] = scale * (dy[start + d] * weight[d] - (total + normal * dot) / D);
        dweight[d] += dy[start + d] * normal;
        dbias[d] += dy[start + d];
      }
    }
    return [dx, dweight, dbias, means, scales];
  },
  kernel: (call) =>
    loopKernel(call, {
      over: ["D"],
      body: `
        m = sum_over(x) / D
        s = rsqrt(sum_over((x - m) * (x - m)) / D + eps)
        total = sum_over(dy * weight) / D
        dot = sum_over(dy * weight * (x - m)) * s / D
        mean = m
        scale = s
        dx = s * (dy * weight - total - (x - m) * s * dot)
      `,
    }, {
      over: ["BATCH"],
      body: `
        dweight = sum_over(dy * (x - mean) * scale)
        dbias = sum_over(dy)
      `,
    }),
});

function forward(bias: string): string {
  return `
    mean = sum_over(x) / D
    scale = rsqrt(sum_over((x - mean) * (x - mean)) / D + eps)
    y = (x - mean) * scale * weight ${bias}
  `;
}

function gradient(builder: Builder, { inputs, attrs }: Node, dy: Value | undefined) {
  if (!dy) return [undefined, undefined, undefined];
  const [x, weight] = inputs;
  return builder.call(layerNormGrad, [x, weight, dy], attrs).slice(0, 3);
}

/** Mean and inverse standard deviation (of the biased variance plus eps) of a row. */
function moments(x: Float64Array, row: number, D: number, epsilon: number) {
  const values = x.subarray(row * D, row * D + D);
  const mean = values.reduce((total, value) => total + value, 0) / D;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / D;
  return { mean, scale: 1 / Math.sqrt(variance + epsilon) };
}
