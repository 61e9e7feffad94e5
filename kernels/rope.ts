/** Rotary position embedding (Su et al. 2021). */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Attrs } from "../graph/ir/op.ts";
import { formatDims, sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import { dimNames, positionOf } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { checkRopeFrequencies, ropeFrequencies } from "./_rope_frequencies.ts";
import { ropeKernel } from "./_rope_kernel.ts";

/**
 * Turns pairs of elements of the last dim by `position theta^(-2i / D)` radians for pair i of D /
 * 2; with a `factor` above 1 the slow pairs turn slower (`ropeFrequencies`). Pair i is elements i
 * and i + D / 2, as transformers' Llama has it, or with `interleaved` elements 2i and 2i + 1.
 * Positions count from `offset` along the dim `seq`; `inverse` turns back.
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
    factor: {
      default: 1,
      doc: "growth of long wavelengths (Llama 3); 1 leaves them",
    },
    low_freq_factor: { default: 1, doc: "turns per original context below which all grows" },
    high_freq_factor: {
      default: 4,
      doc: "turns per original context above which none does",
    },
    original_max_position_embeddings: {
      default: 8192,
      doc: "positions of the original context, for `factor`",
    },
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
    const sign = attrs.inverse ? -1 : 1;
    const steps = ropeFrequencies(attrs, width).map((turns) => sign * 2 * Math.PI * turns);
    const [pair, next] = attrs.interleaved ? [2, 1] : [1, half];
    const seq = dims.filter(({ name }) => name === attrs.seq);
    // One visit per row; the second tensor has only the dim seq, so its offset is the position.
    eachIndex(dims.slice(0, -1), [dims, seq], ([row, position]) => {
      for (let i = 0; i < half; i++) {
        const angle = (Number(attrs.offset) + position) * steps[i];
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

function checkRope([x]: readonly TensorType[], attrs: Attrs) {
  const { seq, offset } = attrs;
  const last = x.dims.at(-1);
  if (!last || last.size % 2 !== 0 || last.name === seq) {
    throw new RangeError(
      `the last dim of x must be even and not ${seq}, got ${formatDims(x.dims)}`,
    );
  }
  positionOf(x, String(seq));
  checkRopeFrequencies(attrs);
  if (!Number.isSafeInteger(offset) || Number(offset) < 0) {
    throw new RangeError(`offset must be an integer from 0, got ${offset}`);
  }
}
