/** The sum over named dims, and its transpose, which repeats a tensor along new dims. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Builder, Value } from "../graph/ir/graph.ts";
import type { Attrs } from "../graph/ir/op.ts";
import { type Dim, formatDims, sameDims, sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import { checkNames, dimNames, dimsOf, namesOf, without } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

/** Adds up `x` over the dims in `dims`; the others stay, in order. */
export const sum = defineOp({
  name: "sum",
  doc: "Adds up x over the given dims.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: { dims: { doc: "the dims to sum over" } },
  signature: ([{ dims }], attrs) =>
    `${dimNames(dims)} -> ${dimNames(without(dims, namesOf(attrs.dims)))}`,
  check: ([x], { dims }) => checkNames(x, namesOf(dims)),
  linear: ["x"],
  reduces: "sum",
  alias: ({ inputs: [x], outputs: [y] }) => sizeOf(x) === sizeOf(y),
  flops: ({ inputs: [x] }) => sizeOf(x),
  reference([x], { inputs: [{ dims }], outputs: [type] }) {
    const y = new Float64Array(sizeOf(type));
    eachIndex(dims, [dims, type.dims], ([from, to]) => y[to] += x[from]);
    return [y];
  },
  kernel: (call) => loopKernel(call, { over: namesOf(call.attrs.dims), body: "y = sum_over(x)" }),
  vjp: (builder, { inputs: [x] }, [dy]) => [dy && broadcastTo(builder, dy, x.type.dims)],
});

/** Repeats `x` along the dims that it lacks; the dims it has stay in order. */
export const broadcast = defineOp({
  name: "broadcast",
  doc: "Repeats x along new dims.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: {
    dims: { doc: "all dims of the result in order, those of x among them" },
    sizes: { doc: "their sizes, 0 for those of x" },
  },
  signature([{ dims }], attrs) {
    const to = dimsOf(attrs);
    return `${dimNames(dims)} -> ${dimNames(to, newNames(dims, to))}`;
  },
  outputDims: (_, attrs) => Object.fromEntries(dimsOf(attrs).map((dim) => [dim.name, dim])),
  check: checkBroadcast,
  linear: ["x"],
  alias: ({ inputs: [x], outputs: [y] }) => sizeOf(x) === sizeOf(y),
  flops: () => 0,
  reference([x], { inputs: [{ dims }], outputs: [type] }) {
    const y = new Float64Array(sizeOf(type));
    eachIndex(type.dims, [dims, type.dims], ([from, to]) => y[to] = x[from]);
    return [y];
  },
  kernel: (call) => loopKernel(call, { body: "y = x" }),
  vjp(builder, { inputs: [x], outputs: [y] }, [dy]) {
    return dy ? builder.call(sum, [dy], { dims: newNames(x.type.dims, y.type.dims) }) : [undefined];
  },
});

/** `value` repeated to `dims`, or itself where it has them already. */
export function broadcastTo(builder: Builder, value: Value, dims: readonly Dim[]): Value {
  if (sameDims(value.type.dims, dims)) return value;
  const fresh = newNames(value.type.dims, dims);
  return builder.call(broadcast, [value], {
    dims: dims.map(({ name }) => name),
    // Only the new ones: the sizes of the others are those of a shard where the call is sharded.
    sizes: dims.map(({ name, size }) => fresh.includes(name) ? size : 0),
  })[0];
}

function checkBroadcast([{ dims }]: readonly TensorType[], attrs: Attrs) {
  const names = namesOf(attrs.dims);
  const kept = names.filter((name) => dims.some((dim) => dim.name === name));
  if (kept.length !== dims.length || dims.some(({ name }, i) => name !== kept[i])) {
    throw new RangeError(
      `x must have dims of [${names.join(" ")}] in order, got ${formatDims(dims)}`,
    );
  }
}

function newNames(from: readonly Dim[], to: readonly Dim[]): string[] {
  return to.map(({ name }) => name).filter((name) => !from.some((dim) => dim.name === name));
}
