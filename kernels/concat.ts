/** Joins tensors along one dim. */

// Dims: P0, P1, ... the joined dim of each operand, FULL that of the result.

import { defineOp } from "../graph/ir/define_op.ts";
import type { Dim, TensorType } from "../graph/ir/tensor.ts";
import { sizeOf, stridesOf } from "../graph/ir/tensor.ts";
import { positionOf, replaced } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { loopKernel, type LoopProgram } from "./lang/loop_kernel.ts";
import { slice } from "./slice.ts";

/**
 * Operands of a launch: with the result it has 8 buffers, and every WebGPU device takes that many.
 */
const MOST_OPERANDS = 7;

/** The operands one after another along `dim`; their other dims are the same. */
export const concat = defineOp({
  name: "concat",
  doc: "Joins tensors along a dim.",
  inputs: ["x"],
  variadic: true,
  outputs: ["y"],
  attrs: { dim: { doc: "the dim to join along" } },
  signature(inputs, { dim }) {
    const parts = inputs.map(({ dims }, i) => replaced(dims, dim, `P${i}!`));
    return `${parts.join(", ")} -> ${replaced(inputs[0].dims, dim, "FULL!")}`;
  },
  outputDims: (inputs, { dim }) => ({
    FULL: { name: String(dim), size: joined(inputs, String(dim)).reduce((n, d) => n + d.size, 0) },
  }),
  check: (inputs, { dim }) => void joined(inputs, String(dim)),
  alias: ({ inputs }) => inputs.length === 1,
  flops: () => 0,
  reference(inputs, { inputs: types, outputs: [type], attrs: { dim } }) {
    const y = new Float64Array(sizeOf(type));
    const stride = stridesOf(type.dims)[positionOf(type, String(dim))];
    let start = 0;
    types.forEach((part, i) => {
      const shift = start * stride;
      eachIndex(part.dims, [part.dims, type.dims], ([a, b]) => y[b + shift] = inputs[i][a]);
      start += part.dims[positionOf(part, String(dim))].size;
    });
    return [y];
  },
  kernel(call) {
    const sizes = joined(call.inputs, String(call.attrs.dim)).map(({ size }) => size);
    const names = sizes.map((_, i) => `x${i}`);
    // Nested choices; `at` stays inside an operand where its value is not chosen.
    // A launch has the operands that are left, from the last on; what is behind them is there
    // already.
    let start = sizes.reduce((total, size) => total + size, 0);
    let value = "";
    const programs: LoopProgram[] = [];
    for (let i = sizes.length - 1; i >= 0; i--) {
      start -= sizes[i];
      const part = `at(x${i}, P${i} = index(FULL) - ${start})`;
      value = value === "" ? part : `where(index(FULL) < ${start + sizes[i]}, ${part}, ${value})`;
      if (i === 0 || (sizes.length - i) % MOST_OPERANDS === 0) {
        programs.push({ names, body: `y = ${value}` });
        value = "y";
      }
    }
    return loopKernel(call, ...programs);
  },
  vjp(builder, { inputs, attrs: { dim } }, [dy]) {
    let start = 0;
    return inputs.map(({ type }) => {
      const { size } = type.dims[positionOf(type, String(dim))];
      const part = dy && builder.call(slice, [dy], { dim, start, size })[0];
      start += size;
      return part;
    });
  },
});

function joined(inputs: readonly TensorType[], dim: string): Dim[] {
  return inputs.map((type) => type.dims[positionOf(type, dim)]);
}
