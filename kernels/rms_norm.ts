/** Root-mean-square normalisation (Zhang and Sennrich 2019) with its gradient. */

// Dims: D the normalised dim, ... the rows, BATCH their number.

import { defineOp } from "../graph/ir/define_op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { checkNumber } from "./_check_number.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

const eps = { default: 1e-5, doc: "added to the mean square" };

/** Divides each row of `x` by its root mean square, then multiplies by `weight`. */
export const rmsNorm = defineOp({
  name: "rms_norm",
  doc: "Scales each row of x to unit root mean square, then by weight.",
  inputs: ["x", "weight"],
  outputs: ["y"],
  attrs: { eps },
  check: (_, attrs) => checkNumber(attrs, "eps"),
  signature: "... D!, D! -> ... D!",
  linear: ["weight"],
  inPlace: { y: "x" },
  flops: ({ inputs: [x] }) => 4 * sizeOf(x),
  reference([x, weight], { dims: { BATCH, D }, attrs }) {
    const y = new Float64Array(BATCH * D);
    for (let row = 0; row < BATCH; row++) {
      const scale = inverseRoot(x, row, D, Number(attrs.eps));
      for (let d = 0; d < D; d++) y[row * D + d] = x[row * D + d] * scale * weight[d];
    }
    return [y];
  },
  kernel: (call) =>
    loopKernel(call, {
      over: ["D"],
      body: `
        scale = rsqrt(sum_over(x * x) / D + eps)
        y = x * scale * weight
      `,
    }),
  vjp(builder, { inputs: [x, weight], attrs }, [dy]) {
    if (!dy) return [undefined, undefined];
    const [dx, dweight] = builder.call(rmsNormGrad, [x, weight, dy], attrs);
    return [dx, dweight];
  },
});

/** The gradient of `rms_norm`; `scale` is the inverse root mean square of each row. */
export const rmsNormGrad = defineOp({
  name: "rms_norm_grad",
  doc: "The gradient of rms_norm.",
  inputs: ["x", "weight", "dy"],
  outputs: ["dx", "dweight", "scale"],
  attrs: { eps },
  check: (_, attrs) => checkNumber(attrs, "eps"),
  signature: "... D!, D!, ... D! -> ... D!, D!, ...",
  reduces: "sum",
  flops: ({ inputs: [x] }) => 10 * sizeOf(x),
  reference([x, weight, dy], { dims: { BATCH, D }, attrs }) {
    const dx = new Float64Array(BATCH * D);
    const dweight = new Float64Array(D);
    const scale = new Float64Array(BATCH);
    for (let row = 0; row < BATCH; row++) {
      const r = scale[row] = inverseRoot(x, row, D, Number(attrs.eps));
      let dot = 0;
      for (let i = row * D, d = 0; d < D; i++, d++) dot += dy[i] * weight[d] * x[i];
      for (let i = row * D, d = 0; d < D; i++, d++) {
        dx[i] = r * (dy[i] * weight[d] - x[i] * r * r * dot / D);
        dweight[d] += dy[i] * x[i] * r;
      }
    }
    return [dx, dweight, scale];
  },
  kernel: (call) =>
    loopKernel(call, {
      over: ["D"],
      body: `
        r = rsqrt(sum_over(x * x) / D + eps)
        dot = sum_over(dy * weight * x)
        scale = r
        dx = r * (dy * weight - x * (r * r * dot / D))
      `,
    }, { over: ["BATCH"], body: "dweight = sum_over(dy * x * scale)" }),
});

/** 1 / sqrt(mean of squares of a row + eps) */
function inverseRoot(x: Float64Array, row: number, D: number, epsilon: number): number {
  let squares = 0;
  for (let d = 0; d < D; d++) squares += x[row * D + d] ** 2;
  return 1 / Math.sqrt(squares / D + epsilon);
}
