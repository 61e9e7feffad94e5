/** The largest value over named dims. */

import { defineOp } from "../graph/ir/define_op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { checkNames, dimNames, namesOf, without } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { map } from "./map.ts";
import { sum } from "./sum.ts";

/**
 * The largest value of `x` over the dims in `dims`; the others stay, in order. Equal largest values
 * share the gradient evenly. A NaN among the values is the result.
 */
export const max = defineOp({
  name: "max",
  doc: "The largest value of x over the given dims.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: { dims: { doc: "the dims to take the maximum over" } },
  signature: ([{ dims }], attrs) =>
    `${dimNames(dims)} -> ${dimNames(without(dims, namesOf(attrs.dims)))}`,
  check: ([x], { dims }) => checkNames(x, namesOf(dims)),
  reduces: "max",
  alias: ({ inputs: [x], outputs: [y] }) => sizeOf(x) === sizeOf(y),
  flops: ({ inputs: [x] }) => sizeOf(x),
  reference([x], { inputs: [{ dims }], outputs: [type] }) {
    const y = new Float64Array(sizeOf(type)).fill(-Infinity);
    eachIndex(dims, [dims, type.dims], ([from, to]) => y[to] = Math.max(y[to], x[from]));
    return [y];
  },
  // max_over leaves NaNs out; the sum is 0, or NaN if there is one.
  kernel: (call) =>
    loopKernel(call, {
      over: namesOf(call.attrs.dims),
      body: "y = max_over(x) + sum_over(where(x == x, 0, x))",
    }),
  vjp(builder, { inputs: [x], outputs: [y], attrs }, [dy]) {
    if (!dy) return [undefined];
    const [largest] = builder.call(map, [x, y], {
      expr: "where(x == y, 1, 0)",
      names: ["x", "y"],
    });
    const [count] = builder.call(sum, [largest], attrs);
    return builder.call(map, [largest, dy, count], {
      expr: "largest * dy / count",
      names: ["largest", "dy", "count"],
    });
  },
});
