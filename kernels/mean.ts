/** The mean over named dims. */

import { defineOp } from "../graph/ir/define_op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { broadcastTo } from "./sum.ts";
import { checkNames, dimNames, namesOf, without } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { map } from "./map.ts";

/**
 * The mean of `x` over the dims in `dims`; the others stay, in order. It needs these dims whole: where
 * they are sharded, a `sum` divided by the whole count moves less data.
 */
export const mean = defineOp({
  name: "mean",
  doc: "The mean of x over the given dims.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: { dims: { doc: "the dims to take the mean over" } },
  signature: ([{ dims }], attrs) =>
    `${dimNames(dims, namesOf(attrs.dims))} -> ${dimNames(without(dims, namesOf(attrs.dims)))}`,
  check: ([x], { dims }) => checkNames(x, namesOf(dims)),
  linear: ["x"],
  alias: ({ inputs: [x], outputs: [y] }) => sizeOf(x) === sizeOf(y),
  flops: ({ inputs: [x] }) => sizeOf(x),
  reference([x], { inputs: [{ dims }], outputs: [type] }) {
    const y = new Float64Array(sizeOf(type));
    const count = x.length / y.length;
    eachIndex(dims, [dims, type.dims], ([from, to]) => y[to] += x[from] / count);
    return [y];
  },
  kernel(call) {
    const over = namesOf(call.attrs.dims);
    const scale = sizeOf(call.outputs[0]) / sizeOf(call.inputs[0]);
    return loopKernel(call, { over, body: `y = sum_over(x) * ${scale}` });
  },
  vjp(builder, { inputs: [x], outputs: [y] }, [dy]) {
    if (!dy) return [undefined];
    const scale = sizeOf(y.type) / sizeOf(x.type);
    const [scaled] = builder.call(map, [dy], { expr: `dy * ${scale}`, names: ["dy"] });
    return [broadcastTo(builder, scaled, x.type.dims)];
  },
});
