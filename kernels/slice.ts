/** A part of a tensor along one dim, and the transpose, which surrounds a tensor with zeros. */

// Dims: FULL the dim before, PART the same dim after, or the other way round in `pad`.

import { defineOp } from "../graph/ir/define_op.ts";
import type { Call } from "../graph/ir/op.ts";
import { sizeOf, stridesOf, type TensorType } from "../graph/ir/tensor.ts";
import { positionOf, replaced } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

/** The elements `start` to `start + size` of `x` along `dim`. */
export const slice = defineOp({
  name: "slice",
  doc: "Elements start to start + size of x along a dim.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: {
    dim: { doc: "the dim to cut" },
    start: { default: 0, doc: "the first element that stays" },
    size: { doc: "how many elements stay" },
  },
  signature: ([{ dims }], { dim }) =>
    `${replaced(dims, dim, "FULL!")} -> ${replaced(dims, dim, "PART!")}`,
  outputDims: (_, { dim, size }) => ({ PART: { name: String(dim), size: Number(size) } }),
  check([x], { dim, start, size }) {
    const full = x.dims[positionOf(x, String(dim))].size;
    const [from, below] = [Number(start), Number(start) + Number(size)];
    if (!Number.isSafeInteger(from) || from < 0 || !(below <= full)) {
      throw new RangeError(`elements ${from} to ${below} of dim ${dim} do not fit in ${full}`);
    }
  },
  linear: ["x"],
  alias: ({ inputs: [x], outputs: [y] }) => sizeOf(x) === sizeOf(y),
  flops: () => 0,
  reference([x], call) {
    const y = new Float64Array(sizeOf(call.outputs[0]));
    eachPair(call.outputs[0], call.inputs[0], call, ([part, full]) => y[part] = x[full]);
    return [y];
  },
  kernel: (call) => loopKernel(call, { body: "y = at(x, FULL = index(PART) + start)" }),
  vjp(builder, { inputs: [x], attrs: { dim, start, size } }, [dy]) {
    if (!dy) return [undefined];
    const full = x.type.dims[positionOf(x.type, String(dim))].size;
    const after = full - Number(start) - Number(size);
    return builder.call(pad, [dy], { dim, before: start, after });
  },
});

/** `x` with `before` zeros in front of it and `after` behind it along `dim`. */
export const pad = defineOp({
  name: "pad",
  doc: "Surrounds x with zeros along a dim.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: {
    dim: { doc: "the dim that grows" },
    before: { default: 0, doc: "zeros in front of x" },
    after: { default: 0, doc: "zeros behind x" },
  },
  signature: ([{ dims }], { dim }) =>
    `${replaced(dims, dim, "PART!")} -> ${replaced(dims, dim, "FULL!")}`,
  outputDims([x], { dim, before, after }) {
    const { name, size } = x.dims[positionOf(x, String(dim))];
    return { FULL: { name, size: Number(before) + size + Number(after) } };
  },
  check([x], { dim, before, after }) {
    positionOf(x, String(dim));
    for (const zeros of [Number(before), Number(after)]) {
      if (!Number.isSafeInteger(zeros) || zeros < 0) {
        throw new RangeError(`before and after must be integers from 0, got ${zeros}`);
      }
    }
  },
  linear: ["x"],
  alias: ({ inputs: [x], outputs: [y] }) => sizeOf(x) === sizeOf(y),
  flops: () => 0,
  reference([x], call) {
    const y = new Float64Array(sizeOf(call.outputs[0]));
    eachPair(call.inputs[0], call.outputs[0], call, ([part, full]) => y[full] = x[part]);
    return [y];
  },
  kernel: (call) =>
    loopKernel(call, {
      body: `
        i = index(FULL) - before
        y = where((i >= 0) & (i < PART), at(x, PART = i), 0)
      `,
    }),
  vjp(builder, { inputs: [x], attrs: { dim, before } }, [dy]) {
    if (!dy) return [undefined];
    const { size } = x.type.dims[positionOf(x.type, String(dim))];
    return builder.call(slice, [dy], { dim, start: before, size });
  },
});

/** Visits each element of `part` with its offset there and in `full`. */
function eachPair(
  part: TensorType,
  full: TensorType,
  { attrs }: Call,
  visit: (offsets: readonly number[]) => void,
) {
  const first = Number(attrs.start ?? attrs.before);
  const shift = first * stridesOf(full.dims)[positionOf(full, String(attrs.dim))];
  eachIndex(part.dims, [part.dims, full.dims], ([a, b]) => visit([a, b + shift]));
}
