/** Rotary position embedding (Su et al. 2021). */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Attrs } from "../graph/ir/op.ts";
import { formatDims, sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import { dimNames, positionOf } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { ropeKernel } from "./_rope_kernel.ts";

/**
 * Turns pairs of elements of the last dim by `position theta^(-2i / D)` radians for pair i of D / 2.
 * Pair i is elements i and i + D / 2, as transformers' Llama has it, or with `interleaved` elements 2i
 * and 2i + 1. Positions count from `offset` along the dim `seq`; `inverse` turns back.
 */
export const rope = defineOp({
  name: "rope",
  doc: "Rotates pairs of the last dim by angles that grow with the position.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: {
    seq: { default: "seq", doc: "the dim that positions run along" },
    theta: { default: 10000, doc: "base of the wavelengths" },
    offset: { default: 0, doc: "position of the first element" },
    interleaved: { default: false, doc: "pairs are neighbours" },
    inverse: { default: false, doc: "rotate the other way" },
  },
  signature([{ dims }], { seq }) {
    const names = dimNames(dims, [String(seq), dims[dims.length - 1].name]);
    return `${names} -> ${names}`;
  },
  check: checkRope,
  linear: ["x"],
  inPlace: { y: "x" },
  flops: ({ inputs: [x] }) => 3 * sizeOf(x),
  reference([x], { inputs: [{ dims }], attrs }) {
    const y = new Float64Array(x.length);
    const { size: width } = dims[dims.length - 1];
    const half = width / 2;
    const [pair, next] = attrs.interleaved ? [2, 1] : [1, half];
    const seq = dims.filter(({ name }) => name === attrs.seq);
    // One visit per row; the second tensor has only the dim seq, so its offset is the position.
    eachIndex(dims.slice(0, -1), [dims, seq], ([row, position]) => {
      for (let i = 0; i < half; i++) {
        const angle = angleOf(Number(attrs.offset) + position, i, width, attrs);
        const [a, b] = [row + pair * i, row + pair * i + next];
        y[a] = x[a] * Math.cos(angle) - x[b] * Math.sin(angle);
        y[b] = x[b] * Math.cos(angle) + x[a] * Math.sin(angle);
      }
    });
    return [y];
  },
  kernel: ropeKernel,
  vjp(builder, { attrs }, [dy]) {
    return dy ? builder.call(rope, [dy], { ...attrs, inverse: !attrs.inverse }) : [undefined];
  },
});

function angleOf(position: number, pair: number, width: number, { theta, inverse }: Attrs): number {
  const angle = position * Number(theta) ** (-2 * pair / width);
  return inverse ? -angle : angle;
}

function checkRope([x]: readonly TensorType[], { seq, theta, offset }: Attrs) {
  const last = x.dims.at(-1);
  if (!last || last.size % 2 !== 0 || last.name === seq) {
    throw new RangeError(
      `the last dim of x must be even and not ${seq}, got ${formatDims(x.dims)}`,
    );
  }
  positionOf(x, String(seq));
  if (!(Number(theta) > 0 && Number.isFinite(theta))) {
    throw new RangeError(`theta must be a number above 0, got ${theta}`);
  }
  if (!Number.isSafeInteger(offset) || Number(offset) < 0) {
    throw new RangeError(`offset must be an integer from 0, got ${offset}`);
  }
}
