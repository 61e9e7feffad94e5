/** Constants. */

import { defineOp } from "../graph/ir/define_op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { dimNames, dimsOf, namesOf } from "./_dims.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

/** A tensor with `value` in every element; without dims, a scalar. */
export const fill = defineOp({
  name: "fill",
  doc: "A tensor that holds one value throughout.",
  inputs: [],
  outputs: ["y"],
  attrs: {
    value: { doc: "the value of every element" },
    dims: { default: [], doc: "the dims of the result in order" },
    sizes: { default: [], doc: "their sizes" },
  },
  signature(_, attrs) {
    const dims = dimsOf(attrs);
    return ` -> ${dimNames(dims, namesOf(attrs.dims))}`;
  },
  outputDims: (_, attrs) => Object.fromEntries(dimsOf(attrs).map((dim) => [dim.name, dim])),
  flops: () => 0,
  reference: (_, { attrs, outputs: [y] }) => [
    new Float64Array(sizeOf(y)).fill(Number(attrs.value)),
  ],
  kernel: (call) => loopKernel(call, { body: `y = ${Number(call.attrs.value)}` }),
  vjp: () => [],
});
