/** The sum of squares of a tensor, of which gradient clipping makes the global norm. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Builder, Value } from "../graph/ir/graph.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { map } from "./map.ts";

/** Adds up the squares of all elements of `x`. */
export const sumOfSquares = defineOp({
  name: "sum_of_squares",
  doc: "Adds up the squares of all elements of x.",
  inputs: ["x"],
  outputs: ["y"],
  signature: "... -> ",
  reduces: "sum",
  flops: ({ inputs: [x] }) => 2 * sizeOf(x),
  reference: ([x]) => [Float64Array.of(x.reduce((total, value) => total + value * value, 0))],
  kernel: (call) => loopKernel(call, { over: ["BATCH"], body: "y = sum_over(x * x)" }),
  vjp(builder, { inputs: [x] }, [dy]) {
    const attrs = { expr: "2 * x * dy", names: ["x", "dy"] };
    return dy ? builder.call(map, [x, dy], attrs) : [undefined];
  },
});

/**
 * The square root of the sum of squares of several tensors, and the factor that brings it down to
 * `clip` where it is larger, as PyTorch's `clip_grad_norm_` computes it; 1 if `clip` is 0.
 */
export function globalNorm(
  builder: Builder,
  tensors: readonly Value[],
  clip: number,
): { norm: Value; scale: Value } {
  const total = addUp(builder, tensors.map((value) => builder.call(sumOfSquares, [value])[0]));
  const [norm] = builder.call(map, [total], { expr: "sqrt(total)", names: ["total"] });
  const expr = clip === 0 ? "1" : `min(${clip} / (norm + 1e-6), 1)`;
  const [scale] = builder.call(map, [norm], { expr, names: ["norm"] });
  return { norm, scale };
}

/** Most terms that one `map` adds: a kernel's buffers are bounded, the number of tensors is not. */
const TERMS = 7;

/** Adds scalars in a tree, in their order. */
function addUp(builder: Builder, terms: readonly Value[]): Value {
  if (terms.length === 1) return terms[0];
  const sums: Value[] = [];
  for (let i = 0; i < terms.length; i += TERMS) {
    const some = terms.slice(i, i + TERMS);
    const names = some.map((_, j) => `s${j}`);
    sums.push(builder.call(map, some, { expr: names.join(" + "), names })[0]);
  }
  return addUp(builder, sums);
}
