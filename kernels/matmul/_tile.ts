/** The inner loop of a matrix multiplication: one tile of c in registers, along a range of k. */

import type { FunctionWriter } from "../lang/wasm_code.ts";
import { f32, f32x4, type I32, i32, type Local, type V128, v128 } from "../lang/wasm_expr.ts";
import { type Axis, byteOffset, byteStride, hasVectors } from "./contraction.ts";

/** Steps of k per turn of the inner loop; without unrolling it runs at about 85%. */
const UNROLL = 8;

/** One tile: `rows` by `columns`, at most 6 by 8 so that accumulators stay in registers. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
}

/** Where a tile's operands are, as the inner loop walks them. */
export interface TileOperands {
  /**
   * Packed: one pointer and `packed` floats per k. Otherwise a pointer per row, with neighbouring k
   * next to each other.
   */
  readonly a: { readonly pointers: readonly Local<"i32">[]; readonly packed: number | undefined };
  /** A pointer to the columns of the first k, and the bytes from one k to the next. */
  readonly b: { readonly pointer: Local<"i32">; readonly stride: number };
  readonly kCount: Local<"i32">;
}

/** Locals the inner loops of one function share. */
export interface TileLocals {
  readonly accumulators: readonly Local<"v128">[];
  readonly columns: readonly Local<"v128">[];
  readonly splat: Local<"v128">;
  readonly count: Local<"i32">;
}

/** Allocates the locals for tiles up to the size of `tile`. */
export function tileLocals(f: FunctionWriter, { rows, columns }: Tile): TileLocals {
  const vectors = Math.ceil(columns / 4);
  return {
    accumulators: Array.from({ length: rows * vectors }, () => f.local("v128")),
    columns: Array.from({ length: vectors }, () => f.local("v128")),
    splat: f.local("v128"),
    count: f.local("i32"),
  };
}

/**
 * Computes a tile into `locals.accumulators`, row by row. Pointers move on along k: those of a by
 * `kCount` steps, that of b likewise.
 */
export function multiplyTile(
  f: FunctionWriter,
  { rows, columns }: Tile,
  { a, b, kCount }: TileOperands,
  { accumulators, columns: held, splat, count }: TileLocals,
): void {
  const vectors = Math.ceil(columns / 4);
  for (let i = 0; i < rows * vectors; i++) f.set(accumulators[i], f32x4.const(0));
  // Offsets within a turn stay small when b is packed; rows of an operand in place are far apart.
  const nearby = b.stride <= 256;
  const step = (j: number) => {
    const column = (v: number) => v128.load(b.pointer, 16 * v + (nearby ? j * b.stride : 0));
    // With one row each vector of b is used once, so it needs no register for long.
    if (rows > 1) { for (let v = 0; v < vectors; v++) f.set(held[v], column(v)); }
    for (let i = 0; i < rows; i++) {
      const value = a.packed === undefined
        ? v128.load32Splat(a.pointers[i], 4 * j)
        : v128.load32Splat(a.pointers[0], 4 * (j * a.packed + i));
      f.set(splat, value);
      for (let v = 0; v < vectors; v++) {
        const sum = accumulators[i * vectors + v];
        f.set(sum, f32x4.relaxedMadd(splat, rows > 1 ? held[v] : column(v), sum));
      }
    }
    if (!nearby) f.increment(b.pointer, b.stride);
  };
  const advance = (steps: number) => {
    for (const pointer of a.pointers) f.increment(pointer, 4 * steps * (a.packed ?? 1));
    if (nearby) f.increment(b.pointer, b.stride * steps);
  };
  const turns = (total: I32, unroll: number) => {
    f.set(count, total);
    f.if(count, () => {
      f.loop((again) => {
        for (let j = 0; j < unroll; j++) step(j);
        advance(unroll);
        f.increment(count, -1);
        f.branchIf(again, count);
      });
    });
  };
  turns(i32.shrU(kCount, i32.const(Math.log2(UNROLL))), UNROLL);
  turns(i32.and(kCount, i32.const(UNROLL - 1)), 1);
}

/** Where a tile of c goes. */
export interface TileTarget {
  readonly n: readonly Axis[];
  /** Bytes from the first element of the batch to the first of each row. */
  readonly rowOffsets: readonly I32[];
  /** Address of the first element of the batch. */
  readonly c: I32;
  readonly firstColumn: Local<"i32">;
  /** Nonzero: add to what is there. */
  readonly accumulate: I32 | undefined;
}

/** Writes the sums of a tile, row by row, to c: vectors where columns are contiguous, the rest lane by lane. */
export function storeTile(
  f: FunctionWriter,
  { rows, columns }: Tile,
  target: TileTarget,
  accumulators: readonly V128[],
): void {
  const vectors = Math.ceil(columns / 4);
  const { accumulate } = target;
  const write = (adding: boolean) => {
    for (let v = 0; v < vectors; v++) {
      const sums = Array.from({ length: rows }, (_, i) => accumulators[i * vectors + v]);
      const lanes = Math.min(4, columns - 4 * v);
      if (lanes === 4 && hasVectors(target.n, "c")) storeVector(f, 4 * v, sums, target, adding);
      else storeLanes(f, 4 * v, lanes, sums, target, adding);
    }
  };
  if (accumulate === undefined) write(false);
  else f.if(accumulate, () => write(true), () => write(false));
}

function storeVector(
  f: FunctionWriter,
  at: number,
  sums: readonly V128[],
  { n, rowOffsets, c, firstColumn }: TileTarget,
  adding: boolean,
): void {
  const column = f.hold(i32.add(firstColumn, i32.const(at)));
  const base = f.hold(i32.add(c, byteOffset(n, "c", column)));
  const address = f.local("i32");
  sums.forEach((sum, i) => {
    f.set(address, i32.add(base, rowOffsets[i]));
    f.store(address, adding ? f32x4.add(sum, v128.load(address)) : sum);
  });
}

function storeLanes(
  f: FunctionWriter,
  at: number,
  lanes: number,
  sums: readonly V128[],
  { n, rowOffsets, c, firstColumn }: TileTarget,
  adding: boolean,
): void {
  const base = f.local("i32");
  const column = f.local("i32");
  const address = f.local("i32");
  for (let lane = 0; lane < lanes; lane++) {
    f.set(column, i32.add(firstColumn, i32.const(at + lane)));
    f.set(base, i32.add(c, byteOffset(n, "c", column)));
    sums.forEach((sum, i) => {
      f.set(address, i32.add(base, rowOffsets[i]));
      if (adding) {
        f.store(address, f32.add(f32x4.extractLane(sum, lane), f32.load(address)));
      } else f.storeLane(address, sum, lane);
    });
  }
}

/** Offsets of `rows` rows of c from row `first`: computed once where they are irregular. */
export function rowOffsets(
  f: FunctionWriter,
  m: readonly Axis[],
  first: Local<"i32">,
  rows: number,
): I32[] {
  const stride = byteStride(m, "c");
  if (stride === undefined) {
    return Array.from({ length: rows }, (_, i) => {
      const row = f.hold(i32.add(first, i32.const(i)));
      return f.hold(byteOffset(m, "c", row));
    });
  }
  const start = f.hold(i32.mul(first, i32.const(stride)));
  return Array.from({ length: rows }, (_, i) => i32.add(start, i32.const(i * stride)));
}
