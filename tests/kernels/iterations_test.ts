/**
 * Loops of webgpu kernels: how many iterations they take, and that adapters with a limit on them
 * (Mesa's llvmpipe) compute large shapes.
 */

import assert from "node:assert/strict";
import { defineOp } from "../../graph/ir/define_op.ts";
import { inferCall } from "../../graph/ir/infer.ts";
import { LOOP_LIMIT } from "../../graph/ir/kernel.ts";
import type { Attrs, Op } from "../../graph/ir/op.ts";
import { sizeOf, tensor, type TensorType } from "../../graph/ir/tensor.ts";
import { crossEntropy } from "../../kernels/cross_entropy.ts";
import { einsum } from "../../kernels/einsum.ts";
import { scatterAdd } from "../../kernels/gather.ts";
import { loopKernel } from "../../kernels/lang/loop_kernel.ts";
import { simplify } from "../../kernels/matmul/contraction.ts";
import { webgpuTiledMatmul } from "../../kernels/matmul/webgpu_tiled_matmul.ts";
import { rope } from "../../kernels/rope.ts";
import { softmax } from "../../kernels/softmax.ts";
import { sum } from "../../kernels/sum.ts";
import { assertNear } from "../near.ts";
import { webgpuTest } from "../webgpu_engine.ts";
import { countIterations } from "./_count_iterations.ts";

/** A call of an op on numbers that repeat. */
interface LongCall {
  readonly op: Op;
  readonly types: readonly TensorType[];
  readonly attrs?: Attrs | undefined;
  /** Element `i` of operand number `operand`: few bits, so that sums of them are exact. */
  readonly element?: (operand: number, i: number) => number;
}

const usual = (_operand: number, i: number) => (i * 7 % 5) / 2 - 0.5;

/** Two passes over columns, which neighbouring threads share out. */
const share = defineOp({
  name: "share",
  doc: "Each element as a part of the sum of its column.",
  inputs: ["x"],
  outputs: ["y"],
  signature: "A! B! -> A! B!",
  flops: () => 0,
  reference([x], { dims: { B } }) {
    const sums = new Float64Array(B);
    x.forEach((value, i) => sums[i % B] += value);
    return [Float64Array.from(x, (value, i) => value / sums[i % B])];
  },
  kernel: (call) => loopKernel(call, { over: ["A"], body: "y = x / sum_over(x)" }),
});

const LONG: Readonly<Record<string, LongCall>> = {
  "20 million elements": {
    op: sum,
    types: [tensor({ a: 20_000_003 })],
    attrs: { dims: ["a"] },
  },
  "long columns": { op: sum, types: [tensor({ a: 60_000, b: 24 })], attrs: { dims: ["a"] } },
  "a long prime dim and one apart from it": {
    op: sum,
    types: [tensor({ a: 20_011, b: 2, c: 211 })],
    attrs: { dims: ["a", "c"] },
  },
  "long columns twice": { op: share, types: [tensor({ a: 270_000, b: 32 })] },
  "a row of a million": { op: softmax, types: [tensor({ rows: 1, k: 1_000_000 })] },
  "long rows up to a limit": {
    op: softmax,
    types: [tensor({ q: 3, k: 20_001 })],
    attrs: { causal: "q" },
  },
  "200,001 classes": {
    op: crossEntropy,
    types: [tensor({ rows: 2, classes: 200_001 }), tensor({ rows: 2 }, "i32")],
    element: (operand, i) => operand === 0 ? usual(operand, i) : 7 * i,
  },
  "70,000 equal indices": {
    op: scatterAdd,
    types: [tensor({ rows: 70_000, d: 6 }), tensor({ rows: 70_000 }, "i32")],
    attrs: { rows: "v", size: 3 },
    element: (operand, i) => operand === 0 ? usual(operand, i) : 1,
  },
  "few indices of a long table": {
    op: scatterAdd,
    types: [tensor({ rows: 100, d: 1 }), tensor({ rows: 100 }, "i32")],
    attrs: { rows: "v", size: 2_200_000 },
    element: (operand, i) => operand === 0 ? usual(operand, i) : 20_000 * i,
  },
  "a product of long rows": {
    op: einsum,
    types: [tensor({ m: 3, k: 300_000 }), tensor({ k: 300_000, n: 5 })],
    attrs: { eq: "m k, k n -> m n" },
  },
  "a product of short rows": {
    op: einsum,
    types: [tensor({ m: 5, k: 3 }), tensor({ k: 3, n: 5 })],
    attrs: { eq: "m k, k n -> m n" },
  },
  "20 positions": { op: rope, types: [tensor({ seq: 20, d: 8 })] },
};

/** The kernel of a call, each operand with a binding of its own. */
function emit({ op, types, attrs = {} }: Pick<LongCall, "op" | "types" | "attrs">) {
  const call = inferCall(op, types, attrs);
  const bindings = [...types, ...call.outputs].map((_, i) => i);
  return { call, bindings, kernel: op.kernel!(call).webgpu(bindings) };
}

for (const [name, { op, types, attrs, element = usual }] of Object.entries(LONG)) {
  webgpuTest(`${op.name} of ${name} takes as many iterations as its kernel says`, async () => {
    const { call, bindings, kernel } = emit({ op, types, attrs });
    const inputs = types.map((type, operand) => ({
      type,
      data: Float64Array.from({ length: sizeOf(type) }, (_, i) => element(operand, i)),
    }));
    const found = await countIterations({ kernel, bindings, inputs, outputs: call.outputs });
    op.reference(inputs.map(({ data }) => data), call).forEach((expected, i) => {
      assertNear(found.outputs[i], expected, 1e-5, op.outputs[i]);
    });
    kernel.phases.forEach(({ iterations }, i) => {
      const counted = found.iterations[i];
      assert.ok(counted <= iterations, `phase ${i}: ${counted} iterations, ${iterations} expected`);
      assert.ok(iterations <= 1.1 * counted, `phase ${i}: ${iterations} are far above ${counted}`);
      assert.ok(iterations <= LOOP_LIMIT);
    });
  });
}

Deno.test("kernels stay below the limit of loops where operands have some gigabytes", () => {
  const scatter = { rows: "v", size: 100_000_000 };
  const calls: LongCall[] = [
    { op: sum, types: [tensor({ a: 1_000_000_000 })], attrs: { dims: ["a"] } },
    { op: sum, types: [tensor({ a: 100_000_000, b: 9 })], attrs: { dims: ["a"] } },
    { op: sum, types: [tensor({ a: 104_729, b: 3, c: 2_003 })], attrs: { dims: ["a", "c"] } },
    { op: share, types: [tensor({ a: 5_000_000, b: 100 })] },
    { op: softmax, types: [tensor({ rows: 40, k: 20_000_000 })] },
    {
      op: scatterAdd,
      types: [tensor({ rows: 300_000, d: 8 }), tensor({ rows: 300_000 }, "i32")],
      attrs: scatter,
    },
  ];
  for (const call of calls) {
    for (const { iterations } of emit(call).kernel.phases) {
      assert.ok(iterations <= LOOP_LIMIT, `${call.op.name} takes ${iterations}`);
    }
  }
  // A group has no more than 256 threads, and one group a row: here devices with a limit are
  // refused.
  const { kernel } = emit({ op: softmax, types: [tensor({ rows: 1, k: 30_000_000 })] });
  assert.ok(kernel.phases[0].iterations > LOOP_LIMIT);
});

webgpuTest("the loops of a staged product take as many iterations as its kernel says", async () => {
  const [m, n, k] = [16, 16, 200];
  const problem = simplify({
    batch: [],
    m: [{ size: m, a: k, b: 0, c: n }],
    n: [{ size: n, a: 0, b: 1, c: 1 }],
    k: [{ size: k, a: 1, b: n, c: 0 }],
  });
  const threads = { m: 4, n: 4, k: 1 };
  const tiling = { rows: 4, columns: 4, threads, depth: 8, staged: true, splits: 2 };
  const bindings = [0, 1, 2];
  const kernel = webgpuTiledMatmul(problem, false, bindings, tiling);
  const ones = (size: number) => ({
    type: tensor({ size }),
    data: new Float32Array(size).fill(1),
  });
  const outputs = [tensor({ size: m * n })];
  const run = { kernel, bindings, inputs: [ones(m * k), ones(k * n)], outputs };
  const found = await countIterations(run);
  assert.deepEqual([...found.outputs[0]], new Array(m * n).fill(k));
  assert.deepEqual(found.iterations, [14, 2]);
  assert.deepEqual(kernel.phases.map(({ iterations }) => iterations), [14, 2]);
});
