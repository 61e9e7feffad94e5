/** Walks tensors by dim name: the loops that references share. */

import { type Dim, stridesOf } from "../graph/ir/tensor.ts";

/**
 * Calls `body` once per coordinate of `space`, in row-major order, with the element offset in each of
 * `tensors`. A tensor that lacks a dim of the space stays where it is along it. The array of offsets
 * is reused between calls.
 */
export function eachIndex(
  space: readonly Dim[],
  tensors: readonly (readonly Dim[])[],
  body: (offsets: readonly number[]) => void,
): void {
  const steps = tensors.map((dims) => {
    const strides = stridesOf(dims);
    return space.map(({ name }) => strides[dims.findIndex((dim) => dim.name === name)] ?? 0);
  });
  const offsets = new Array<number>(tensors.length).fill(0);
  const walk = (depth: number) => {
    if (depth === space.length) return body(offsets);
    const { size } = space[depth];
    for (let i = 0; i < size; i++) {
      walk(depth + 1);
      for (let t = 0; t < offsets.length; t++) offsets[t] += steps[t][depth];
    }
    for (let t = 0; t < offsets.length; t++) offsets[t] -= size * steps[t][depth];
  };
  walk(0);
}
