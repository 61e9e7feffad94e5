/** How the rows of a program are shared out among threads. */

import type { LoopPlan } from "./loop_plan.ts";
import type { WgslWidth } from "./wgsl_text.ts";

/** Threads of a group where there are many, and where they are few. */
const THREADS = 256;
const FEW_THREADS = 64;
/** Groups of `THREADS` that fill a GPU. */
const MANY_GROUPS = 512;
/** Vectors a thread gets of a row at most, as long as the threads of a group suffice. */
const VECTORS_PER_THREAD = 4;
/** Columns that threads next to each other read: a cache line of 128 bytes. */
const COLUMNS = 32;
/** Elements of a column a thread gets at least. */
const LEAST_OF_COLUMN = 8;
/**
 * Vectors of a row that a thread gets at most: programs of three passes stay below `LOOP_LIMIT`.
 */
export const MOST_OF_ROW = 2 ** 14;

/** Shares of rows. All but `rows` and `vectors` are powers of two. */
export interface RowGrid {
  readonly rows: number;
  /** Vectors of a row. */
  readonly vectors: number;
  /** Threads that share a row. */
  readonly perRow: number;
  /** Rows of a group. */
  readonly together: number;
  readonly threads: number;
  readonly groups: number;
  /** Neighbouring threads have neighbouring rows; else neighbouring vectors of a row. */
  readonly isColumns: boolean;
}

/**
 * The grid of a program, from its shapes alone. Where lanes run along rows, more threads share
 * one that would give each more than `mostOfRow` vectors.
 */
export function rowGrid(
  { outer, inner, lanes }: LoopPlan,
  width: WgslWidth,
  mostOfRow = MOST_OF_ROW,
): RowGrid {
  const rows = outer.reduce((product, { size }) => product * size, 1);
  const vectors = inner.reduce(
    (product, { size }, i) => product * (i === inner.length - 1 ? Math.ceil(size / width) : size),
    1,
  );
  const isColumns = lanes === "outer";
  const shares = isColumns ? columnShares(rows, vectors, mostOfRow) : rowShares(rows, vectors);
  const { perRow, together } = shares;
  return {
    rows,
    vectors,
    perRow,
    together,
    threads: perRow * together,
    groups: Math.ceil(rows / together),
    isColumns,
  };
}

function rowShares(rows: number, vectors: number) {
  const perRow = Math.min(THREADS, powerAbove(vectors / VECTORS_PER_THREAD));
  const threads = rows * perRow >= MANY_GROUPS * THREADS ? THREADS : Math.max(perRow, FEW_THREADS);
  return { perRow, together: Math.min(threads / perRow, powerAbove(rows)) };
}

function columnShares(rows: number, vectors: number, mostOfRow: number) {
  const longest = powerAbove(vectors / mostOfRow);
  const columns = Math.max(1, Math.min(COLUMNS, powerAbove(rows), THREADS / longest));
  const useful = powerAbove(Math.ceil((vectors + 1) / LEAST_OF_COLUMN / 2));
  const perRow = Math.min(THREADS / columns, useful);
  const together = Math.min(Math.max(columns, FEW_THREADS / perRow), powerAbove(rows));
  return { perRow, together };
}

/** The least power of two that is not below a number. */
export function powerAbove(number: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(number)));
}
