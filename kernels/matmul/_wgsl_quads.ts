/**
 * How a thread reads an operand: in quads of four neighbours along k, or along the operand's own
 * rows or columns, whichever way it is contiguous. A quad is one load where strides allow, else
 * four.
 */

import { wgslOffset, wgslSum, wgslTerms } from "./_wgsl_offset.ts";
import { type Axis, type Contraction, extent } from "./contraction.ts";

/** The components of a vector. */
export const LANES = ["x", "y", "z", "w"] as const;

/** A way to read an operand. Its rows are those of a or the columns of b. */
export interface Quads {
  readonly operand: "a" | "b";
  /** True: four neighbours in k; false: four rows. */
  readonly alongK: boolean;
  /** True: the operand is taken for an array of vec4, and each quad is one of them. */
  readonly vector: boolean;
  readonly rows: readonly Axis[];
  readonly k: readonly Axis[];
  readonly batch: readonly Axis[];
}

/** How to read an operand where a thread takes `width` rows; `scalar` forbids arrays of vec4. */
export function quadsOf(
  problem: Contraction,
  operand: "a" | "b",
  width: number,
  scalar: boolean,
): Quads {
  const { batch, k } = problem;
  const rows = operand === "a" ? problem.m : problem.n;
  const isVector = (axes: readonly Axis[]) => {
    const last = axes.at(-1);
    return !scalar && last !== undefined && last[operand] === 1 && last.size % 4 === 0 &&
      [...batch, ...rows, ...k].every((axis) => axis === last || axis[operand] % 4 === 0);
  };
  const way = { operand, rows, k, batch };
  if (isVector(k)) return { ...way, alongK: true, vector: true };
  if (width % 4 === 0 && isVector(rows)) return { ...way, alongK: false, vector: true };
  const contiguousK = k.at(-1)?.[operand] === 1;
  return { ...way, alongK: width % 4 !== 0 || contiguousK, vector: false };
}

/** Offset of a batch in the operand, in units of what it is an array of. */
export function batchOffset({ batch, operand, vector }: Quads, index: string): string {
  return wgslOffset(batch, operand, index, vector ? 4 : 1);
}

/**
 * Offsets of the quad that starts at row `row`, or of that one row where quads are along k: one
 * where the quad is, else one per lane. Rows past the last one repeat it.
 */
export function rowOffsets({ rows, operand, alongK, vector }: Quads, row: string): string[] {
  const count = extent(rows);
  if (alongK || vector) {
    const last = alongK ? count - 1 : count - 4;
    return [wgslOffset(rows, operand, `min(${row}, ${last}u)`, vector ? 4 : 1)];
  }
  return LANES.map((_, lane) =>
    wgslOffset(rows, operand, `min(${wgslSum(row, `${lane}u`)}, ${count - 1}u)`)
  );
}

/**
 * Offsets that four steps of k from `k` add: one where a quad is, else one per step. With `clamp`,
 * steps past the last one repeat it.
 */
export function kOffsets(
  { k: axes, operand, alongK, vector }: Quads,
  k: string,
  clamp = false,
): string[] {
  const count = extent(axes);
  const limit = (index: string, last: number) => clamp ? `min(${index}, ${last}u)` : index;
  if (alongK && vector) return [wgslOffset(axes, operand, limit(k, count - 4), 4)];
  return LANES.map((_, step) =>
    wgslOffset(axes, operand, limit(wgslSum(k, `${step}u`), count - 1), vector ? 4 : 1)
  );
}

/** Which quad of an operand to load. */
export interface QuadPlace {
  /** As `rowOffsets` gives them. */
  readonly row: readonly string[];
  /** As `kOffsets` gives them. */
  readonly k: readonly string[];
  /** The step of k, for quads of rows. */
  readonly step: number;
  /** Steps that exist: in quads along k, lanes behind them are 0. */
  readonly count: number;
}

/** A quad of the operand in the variable `name`: a vec4. */
export function loadQuad(
  { alongK, vector }: Quads,
  name: string,
  { row, k, step, count }: QuadPlace,
): string {
  const element = (row: string, k: string) => `${name}[${wgslTerms(row, k)}]`;
  if (vector) return element(row[0], alongK ? k[0] : k[step]);
  const lanes = LANES.map((_, lane) => {
    if (!alongK) return element(row[lane], k[step]);
    return lane < count ? element(row[0], k[lane]) : "0.0";
  });
  return `vec4<f32>(${lanes.join(", ")})`;
}
