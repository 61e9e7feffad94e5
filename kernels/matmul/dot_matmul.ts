/**
 * Matrix multiplication by dot products, for few rows where both operands have their k contiguous
 * (logits of one token, attention of one query): nothing is packed, b is read once.
 */

import type { WasmKernel } from "../../graph/ir/kernel.ts";
import { type FunctionWriter, wasmFunction } from "../lang/wasm_code.ts";
import { f32x4, i32, i32x4, type Local, type V128, v128 } from "../lang/wasm_expr.ts";
import { rowOffsets, storeTile } from "./_tile.ts";
import { byteOffset, byteStride, type Contraction, extent } from "./contraction.ts";

/** Columns of a unit: one vector of results. */
const COLUMNS = 4;

/** True if dot products are the fastest way, as measured: packing b would cost as much as some rows. */
export function suitsDots({ m, k }: Contraction): boolean {
  return extent(m) <= 16 && byteStride(k, "a") === 4 && byteStride(k, "b") === 4;
}

/**
 * The kernel of a contraction whose k is one axis of stride 1 in both operands. A unit is four
 * columns of one batch. `swapped` tells that its `a` is the second parameter.
 */
export function dotMatmul(problem: Contraction, swapped: boolean): WasmKernel {
  const [rows, columns] = [problem.m, problem.n].map(extent);
  const groups = Math.ceil(columns / COLUMNS);
  const code = wasmFunction(7, (f, [first, second, c, _scratch, _threadScratch, begin, end]) => {
    const [a, b] = swapped ? [second, first] : [first, second];
    const unit = f.local("i32");
    const batch = f.local("i32");
    const column = f.local("i32");
    const bases = { a: f.local("i32"), b: f.local("i32"), c: f.local("i32") };
    f.for(unit, begin, end, 1, () => {
      f.set(batch, i32.divU(unit, i32.const(groups)));
      f.set(column, i32.mul(i32.remU(unit, i32.const(groups)), i32.const(COLUMNS)));
      f.set(bases.a, i32.add(a, byteOffset(problem.batch, "a", batch)));
      f.set(bases.b, i32.add(b, byteOffset(problem.batch, "b", batch)));
      f.set(bases.c, i32.add(c, byteOffset(problem.batch, "c", batch)));
      const pairs = Math.floor(rows / 2);
      const row = f.local("i32");
      const target = { column, groups };
      if (pairs > 0) {
        f.for(row, i32.const(0), i32.const(2 * pairs), 2, () => {
          writeRows(f, problem, 2, row, bases, target);
        });
      }
      if (rows % 2 === 1) {
        f.set(row, i32.const(rows - 1));
        writeRows(f, problem, 1, row, bases, target);
      }
    });
  });
  return {
    phases: [{ code, units: extent(problem.batch) * groups }],
    scratchBytes: 0,
    threadScratchBytes: 0,
  };
}

/** One or two rows times four columns. */
function writeRows(
  f: FunctionWriter,
  problem: Contraction,
  rows: number,
  row: Local<"i32">,
  bases: Readonly<Record<"a" | "b" | "c", Local<"i32">>>,
  { column, groups }: { readonly column: Local<"i32">; readonly groups: number },
): void {
  const columns = extent(problem.n);
  const depth = extent(problem.k);
  const index = f.local("i32");
  const rowPointers = lanes(rows).map((i) => {
    f.set(index, i32.add(row, i32.const(i)));
    return f.hold(i32.add(bases.a, byteOffset(problem.m, "a", index)));
  });
  // Past the last column it is repeated, and dropped when the results are stored.
  const columnPointers = lanes(COLUMNS).map((j) => {
    f.set(index, i32.min(i32.add(column, i32.const(j)), i32.const(columns - 1)));
    return f.hold(i32.add(bases.b, byteOffset(problem.n, "b", index)));
  });
  // One row has few sums, so its turns alternate between two sets of them.
  const chains = rows === 1 ? 2 : 1;
  const sums = lanes(chains * rows * COLUMNS).map(() => f.hold(f32x4.const(0)));
  const values = lanes(rows).map(() => f.local("v128"));
  const held = f.local("v128");
  const step = (at: number, chain: number, mask?: V128) => {
    const read = (pointer: Local<"i32">) => {
      const vector = v128.load(pointer, at);
      return mask === undefined ? vector : v128.and(vector, mask);
    };
    values.forEach((value, i) => f.set(value, read(rowPointers[i])));
    columnPointers.forEach((pointer, j) => {
      f.set(held, read(pointer));
      values.forEach((value, i) => {
        const sum = sums[(chain * rows + i) * COLUMNS + j];
        f.set(sum, f32x4.relaxedMadd(value, held, sum));
      });
    });
  };
  const advance = (bytes: number) => {
    for (const pointer of [...rowPointers, ...columnPointers]) f.increment(pointer, bytes);
  };
  if (depth >= 8) {
    f.for(index, i32.const(0), i32.const(Math.floor(depth / 8)), 1, () => {
      step(0, 0);
      step(16, chains - 1);
      advance(32);
    });
  }
  if (depth % 8 >= 4) step(0, 0);
  if (depth % 4 > 0) {
    // What lies behind a row must not count, be it NaN.
    const [x, y, z] = lanes(3).map((lane) => lane < depth % 4 ? -1 : 0);
    step(depth % 8 >= 4 ? 16 : 0, chains - 1, i32x4.const(x, y, z, 0));
  }
  if (chains === 2) {
    lanes(COLUMNS).forEach((j) => f.set(sums[j], f32x4.add(sums[j], sums[COLUMNS + j])));
  }
  const results = lanes(rows).map((i) =>
    f.hold(addLanes(f, sums.slice(i * COLUMNS, (i + 1) * COLUMNS)))
  );
  const target = {
    n: problem.n,
    rowOffsets: rowOffsets(f, problem.m, row, rows),
    c: bases.c,
    firstColumn: column,
    accumulate: undefined,
  };
  const store = (count: number) => storeTile(f, { rows, columns: count }, target, results);
  if (columns % COLUMNS === 0) store(COLUMNS);
  else {
    const isLast = i32.eq(column, i32.const((groups - 1) * COLUMNS));
    f.if(isLast, () => store(columns % COLUMNS), () => store(COLUMNS));
  }
}

/** The sums over the lanes of four vectors, as one vector. */
function addLanes(f: FunctionWriter, vectors: readonly V128[]): V128 {
  const [p, q, r, s] = vectors;
  const fold = (x: V128, y: V128) =>
    f.hold(f32x4.add(v128.shuffle(x, y, [0, 1, 4, 5]), v128.shuffle(x, y, [2, 3, 6, 7])));
  const low = fold(p, q);
  const high = fold(r, s);
  return f32x4.add(
    v128.shuffle(low, high, [0, 2, 4, 6]),
    v128.shuffle(low, high, [1, 3, 5, 7]),
  );
}

/** `0, 1, ..., count - 1` */
function lanes(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
