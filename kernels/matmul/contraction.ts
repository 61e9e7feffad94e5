/**
 * A contraction of two tensors, free of names: `c[batch, m, n] = sum over k of a[batch, m, k] *
 * b[batch, k, n]`, where each of batch, m, n and k is a group of axes with strides of its own. So
 * every transpose and every head layout is only a matter of strides.
 */

import { type I32, i32 } from "../lang/wasm_expr.ts";

/** One dimension and its strides in elements; 0 in an operand that lacks it. */
export interface Axis {
  readonly size: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * Which operands have the axes of a group: batch all three, m a and c, n b and c, k a and b. Within
 * a group the order is free; the flat index of a group counts its last axis fastest.
 */
export interface Contraction {
  readonly batch: readonly Axis[];
  readonly m: readonly Axis[];
  readonly n: readonly Axis[];
  readonly k: readonly Axis[];
}

/** Number of index tuples of a group of axes; 1 for none. */
export function extent(axes: readonly Axis[]): number {
  return axes.reduce((product, { size }) => product * size, 1);
}

/**
 * The same contraction with as few axes as possible: sizes of 1 dropped, axes sorted by stride, and
 * neighbours merged where they are contiguous in every operand.
 */
export function simplify({ batch, m, n, k }: Contraction): Contraction {
  return {
    batch: collapse(batch, "c"),
    m: collapse(m, "c"),
    n: collapse(n, "c"),
    k: collapse(k, "a"),
  };
}

/** The transposed problem, `c^T = b^T a^T`: the operands change places, as do m and n. */
export function transpose({ batch, m, n, k }: Contraction): Contraction {
  const swap = ({ size, a, b, c }: Axis): Axis => ({ size, a: b, b: a, c });
  return { batch: batch.map(swap), m: n.map(swap), n: m.map(swap), k: k.map(swap) };
}

function collapse(axes: readonly Axis[], by: "a" | "c"): Axis[] {
  const sorted = axes.filter(({ size }) => size > 1).sort((x, y) => y[by] - x[by]);
  const merged: Axis[] = [];
  for (const axis of sorted) {
    const outer = merged.at(-1);
    const fits = outer !== undefined && outer.a === axis.a * axis.size &&
      outer.b === axis.b * axis.size && outer.c === axis.c * axis.size;
    if (fits) merged[merged.length - 1] = { ...axis, size: outer.size * axis.size };
    else merged.push(axis);
  }
  return merged;
}

/** Byte offset in one operand of a flat index over a group; the index is evaluated several times. */
export function byteOffset(axes: readonly Axis[], operand: "a" | "b" | "c", index: I32): I32 {
  let offset: I32 | undefined;
  let inner = 1;
  for (let i = axes.length - 1; i >= 0; i--) {
    const { size, [operand]: stride } = axes[i];
    const outer = inner === 1 ? index : i32.divU(index, i32.const(inner));
    const coordinate = i === 0 ? outer : i32.remU(outer, i32.const(size));
    const term = i32.mul(coordinate, i32.const(4 * stride));
    offset = offset === undefined ? term : i32.add(offset, term);
    inner *= size;
  }
  return offset ?? i32.const(0);
}

/** The stride of a group with at most one axis, in bytes; undefined if it has more. */
export function byteStride(axes: readonly Axis[], operand: "a" | "b" | "c"): number | undefined {
  return axes.length > 1 ? undefined : 4 * (axes[0]?.[operand] ?? 0);
}

/**
 * True if four indices of a group that start at a multiple of four are neighbours in memory, as far
 * as they exist: the group can be read or written by vectors.
 */
export function hasVectors(axes: readonly Axis[], operand: "a" | "b" | "c"): boolean {
  const last = axes.at(-1);
  if (last === undefined) return true;
  return last[operand] === 1 && (axes.length === 1 || last.size % 4 === 0);
}
