/** NaNs and infinities: a training that diverges does so alike on every engine. */

import assert from "node:assert/strict";
import type { Op } from "../../graph/ir/op.ts";
import { crossEntropy } from "../../kernels/cross_entropy.ts";
import { einsum } from "../../kernels/einsum.ts";
import { layerNorm } from "../../kernels/layer_norm.ts";
import { map } from "../../kernels/map.ts";
import { max } from "../../kernels/max.ts";
import { mean } from "../../kernels/mean.ts";
import { rmsNorm } from "../../kernels/rms_norm.ts";
import { rope } from "../../kernels/rope.ts";
import { softmax } from "../../kernels/softmax.ts";
import { sum } from "../../kernels/sum.ts";
import { sumOfSquares } from "../../kernels/sum_of_squares.ts";
import { checkKernel } from "../_check_kernel.ts";
import { checkWebgpuKernel } from "../_check_webgpu_kernel.ts";
import { given, integers, referenceOf, type Sample, uniform } from "../sample.ts";
import { webgpuStep } from "../webgpu_engine.ts";

const INF = Infinity;

/** Rows with a NaN first, in the middle, and last, with infinities, and without either. */
const ROWS = [
  ...[NaN, 2, 3, -1, 0, 1],
  ...[1, 2, NaN, -1, INF, 1],
  ...[1, 2, 3, -1, -INF, NaN],
  ...[1, 2, INF, -1, -INF, 1],
  ...[-INF, -INF, -INF, -INF, -INF, -INF],
  ...[1, 2, 3, -1, 0, 1],
];
const x = given({ batch: 6, embed: 6 }, ROWS);
const weight = uniform(1, { embed: 6 }, 0.5, 2);

const CASES: readonly (readonly [Op, readonly Sample[]])[] = [
  [max, ["embed", "batch"].map((dims) => ({ inputs: [x], attrs: { dims: [dims] } }))],
  [sum, ["embed", "batch"].map((dims) => ({ inputs: [x], attrs: { dims: [dims] } }))],
  [mean, [{ inputs: [x], attrs: { dims: ["embed"] } }]],
  [sumOfSquares, [{ inputs: [x] }]],
  [softmax, [{ inputs: [x] }, {
    inputs: [given({ seq: 6, keys: 6 }, ROWS)],
    attrs: { causal: "seq" },
  }]],
  [rmsNorm, [{ inputs: [x, weight] }]],
  [layerNorm, [{ inputs: [x, weight, weight] }]],
  [rope, [{ inputs: [given({ seq: 6, head_dim: 6 }, ROWS)] }]],
  [crossEntropy, [{
    inputs: [given({ batch: 6, vocab: 6 }, ROWS), integers(2, { batch: 6 }, -1, 6)],
  }]],
  [einsum, [{
    inputs: [x, uniform(3, { embed: 6, mlp: 5 })],
    attrs: { eq: "batch embed, embed mlp -> batch mlp" },
  }]],
  [
    map,
    ["relu(x)", "silu(x)", "gelu(x)", "tanh(x)", "exp(x)", "where(x > 0, 1, x)", "abs(x)"].map(
      (expr) => ({ inputs: [x], attrs: { expr, names: ["x"] } }),
    ),
  ],
];

for (const [op, samples] of CASES) {
  Deno.test(`${op.name} gives the same NaNs and infinities on every engine`, async (t) => {
    await t.step("wasm", () => checkKernel(op, samples, 1e-5));
    await webgpuStep(t, "webgpu", () => checkWebgpuKernel(op, samples, 1e-5));
  });
}

Deno.test("max() of values with a NaN is NaN", () => {
  const [y] = referenceOf(max, { inputs: [x], attrs: { dims: ["embed"] } });
  assert.deepEqual([...y], [NaN, NaN, NaN, INF, -INF, 3]);
});
