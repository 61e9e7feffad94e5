/** Matrix multiplication by register tiles over packed panels, for any strides. */

import type { WasmKernel } from "../../graph/ir/kernel.ts";
import { type FunctionWriter, wasmFunction } from "../lang/wasm_code.ts";
import { type I32, i32, type Local } from "../lang/wasm_expr.ts";
import { packPanel } from "./_pack.ts";
import { multiplyTile, rowOffsets, storeTile, type TileLocals, tileLocals } from "./_tile.ts";
import { byteOffset, byteStride, type Contraction, extent } from "./contraction.ts";

/** How a problem is cut. Columns are cut into panels, panels joined into blocks that fit a cache. */
export interface Tiling {
  /** Rows of a register tile and of a panel of a. */
  readonly rows: number;
  /** Columns of a register tile and of a panel of b, a multiple of 4. */
  readonly columns: number;
  /** Steps of k between two visits of a tile of c, a multiple of 4. */
  readonly depth: number;
  /** Panels of b that are packed together. */
  readonly blockPanels: number;
  readonly packA: boolean;
  readonly packB: boolean;
}

/** Chooses a tiling by the sizes and strides of a problem. */
export function chooseTiling(problem: Contraction): Tiling {
  const [m, n, k] = [problem.m, problem.n, problem.k].map(extent);
  const rows = Math.ceil(m / Math.ceil(m / 6));
  const columns = rows === 1 ? 32 : rows === 2 ? 16 : rows === 3 ? 12 : 8;
  const depths = Math.ceil(k / 512);
  const depth = 8 * Math.ceil(k / depths / 8);
  const rowPanels = extent(problem.batch) * Math.ceil(m / rows);
  const panels = Math.ceil(n / columns);
  // Blocks of 256 columns fit an L2 cache; fewer columns where threads would lack units.
  const wanted = Math.ceil(32 / rowPanels);
  const blockPanels = Math.max(
    1,
    Math.min(
      Math.ceil(256 / columns),
      Math.max(Math.ceil(32 / columns), Math.floor(panels / wanted)),
    ),
  );
  // Measured: reading b in place is faster for few rows, the fewer the farther its k are apart.
  const strideB = byteStride(problem.k, "b") ?? 0;
  const inPlaceB = problem.k.length <= 1 && problem.n.length === 1 && problem.n[0].b === 1;
  return {
    rows,
    columns,
    depth,
    blockPanels,
    packA: problem.k.length > 0 && byteStride(problem.k, "a") !== 4,
    packB: !(inPlaceB && m <= (strideB <= 4096 ? 24 : 6)),
  };
}

/**
 * The kernel of a contraction. A unit is a panel of rows times a block of columns in one batch;
 * every element of c sums its k in the same order whoever computes it. `swapped` tells that the
 * contraction was transposed, so that its `a` is the second parameter.
 */
export function tiledMatmul(
  problem: Contraction,
  swapped: boolean,
  tiling: Tiling = chooseTiling(problem),
): WasmKernel {
  const { rows, columns, depth, blockPanels } = tiling;
  const m = extent(problem.m);
  const n = extent(problem.n);
  const rowPanels = Math.ceil(m / rows);
  const blocks = Math.ceil(Math.ceil(n / columns) / blockPanels);
  // Packing stores whole vectors, so up to three floats past a panel of a.
  const aBytes = tiling.packA ? 4 * (depth * rows + 4) : 0;
  const bBytes = tiling.packB ? 4 * columns * depth * blockPanels : 0;
  const bStart = Math.ceil(aBytes / 64) * 64;
  const code = wasmFunction(7, (f, [first, second, c, , scratch, begin, end]) => {
    const [a, b] = swapped ? [second, first] : [first, second];
    const unit = f.hold(begin);
    const segment = f.local("i32");
    const panel = f.local("i32");
    const lastPanel = f.local("i32");
    const batch = f.local("i32");
    const block = f.local("i32");
    const bases = { a: f.local("i32"), b: f.local("i32"), c: f.local("i32") };
    const packedB = f.hold(i32.add(scratch, i32.const(bStart)));
    const locals = tileLocals(f, { rows, columns });
    f.block((done) => {
      f.loop((again) => {
        f.branchIf(done, i32.geS(unit, end));
        f.set(segment, i32.divU(unit, i32.const(rowPanels)));
        f.set(panel, i32.remU(unit, i32.const(rowPanels)));
        f.set(lastPanel, i32.min(i32.const(rowPanels), i32.add(panel, i32.sub(end, unit))));
        f.increment(unit, i32.sub(lastPanel, panel));
        f.set(batch, i32.divU(segment, i32.const(blocks)));
        f.set(block, i32.remU(segment, i32.const(blocks)));
        f.set(bases.a, i32.add(a, byteOffset(problem.batch, "a", batch)));
        f.set(bases.b, i32.add(b, byteOffset(problem.batch, "b", batch)));
        f.set(bases.c, i32.add(c, byteOffset(problem.batch, "c", batch)));
        writeSegment(f, problem, tiling, {
          panel,
          lastPanel,
          block,
          bases,
          packedA: scratch,
          packedB,
          locals,
        });
        f.branch(again);
      });
    });
  });
  return {
    phases: [{ code, units: extent(problem.batch) * blocks * rowPanels }],
    scratchBytes: 0,
    threadScratchBytes: bStart + bBytes,
  };
}

/** A run of row panels times one block of columns of one batch. */
interface Segment {
  readonly panel: Local<"i32">;
  readonly lastPanel: Local<"i32">;
  readonly block: Local<"i32">;
  readonly bases: Readonly<Record<"a" | "b" | "c", Local<"i32">>>;
  readonly packedA: Local<"i32">;
  readonly packedB: Local<"i32">;
  readonly locals: TileLocals;
}

function writeSegment(
  f: FunctionWriter,
  problem: Contraction,
  tiling: Tiling,
  segment: Segment,
): void {
  const { rows, columns, depth, blockPanels } = tiling;
  const m = extent(problem.m);
  const n = extent(problem.n);
  const k = extent(problem.k);
  const rowPanels = Math.ceil(m / rows);
  const rowsLeft = m - (rowPanels - 1) * rows;
  const columnsLeft = n % columns;
  const widthLeft = 4 * Math.ceil(columnsLeft / 4);
  const { bases, block, panel, packedB } = segment;
  const kFirst = f.local("i32");
  const kCount = f.local("i32");
  const column = f.local("i32");
  const firstColumn = f.hold(i32.mul(block, i32.const(blockPanels * columns)));
  // The end of the whole panels in the block; the rest of the columns is the last block's.
  const lastColumn = f.hold(
    i32.min(
      i32.const(n - columnsLeft),
      i32.add(firstColumn, i32.const(blockPanels * columns)),
    ),
  );
  const isLastBlock = i32.eq(
    block,
    i32.const(Math.ceil(Math.ceil(n / columns) / blockPanels) - 1),
  );
  /** Runs `body` for the panels of the block, `column` being their first column. */
  const eachPanel = (body: (width: number, columnCount: number) => void) => {
    if (n >= columns) f.for(column, firstColumn, lastColumn, columns, () => body(columns, columns));
    if (columnsLeft === 0) return;
    f.if(isLastBlock, () => {
      f.set(column, i32.const(n - columnsLeft));
      body(widthLeft, columnsLeft);
    });
  };

  f.for(kFirst, i32.const(0), i32.const(k), depth, () => {
    f.set(kCount, i32.min(i32.const(depth), i32.sub(i32.const(k), kFirst)));
    const pointerB = f.local("i32");
    if (tiling.packB) {
      f.set(pointerB, packedB);
      eachPanel((width) =>
        packPanel(f, pointerB, {
          operand: "b",
          axes: problem.n,
          k: problem.k,
          source: bases.b,
          first: column,
          width,
          kFirst,
          kCount,
        })
      );
    }
    const rowPanel = f.local("i32");
    const row = f.local("i32");
    const panelOf = (count: number) => {
      const pointersA = prepareA(f, problem, tiling, segment, { row, count, kFirst, kCount });
      const offsets = rowOffsets(f, problem.m, row, count);
      const walkA = pointersA.map(() => f.local("i32"));
      if (tiling.packB) f.set(pointerB, packedB);
      eachPanel((width, columnCount) => {
        walkA.forEach((pointer, i) => f.set(pointer, pointersA[i]));
        const strideB = byteStride(problem.k, "b") ?? 0;
        if (!tiling.packB) f.set(pointerB, inPlaceB(problem, bases.b, kFirst, column));
        const tile = { rows: count, columns: columnCount };
        multiplyTile(f, tile, {
          a: { pointers: walkA, packed: tiling.packA ? count : undefined },
          b: { pointer: pointerB, stride: tiling.packB ? 4 * width : strideB },
          kCount,
        }, segment.locals);
        storeTile(f, tile, {
          n: problem.n,
          rowOffsets: offsets,
          c: bases.c,
          firstColumn: column,
          accumulate: k > depth ? kFirst : undefined,
        }, segment.locals.accumulators);
      });
    };
    f.for(rowPanel, panel, segment.lastPanel, 1, () => {
      f.set(row, i32.mul(rowPanel, i32.const(rows)));
      if (rowsLeft === rows) panelOf(rows);
      else {
        f.if(
          i32.eq(rowPanel, i32.const(rowPanels - 1)),
          () => panelOf(rowsLeft),
          () => panelOf(rows),
        );
      }
    });
  });
}

/** Address of `column` in b at `kFirst`, where both lie in one axis. */
function inPlaceB({ n, k }: Contraction, base: I32, kFirst: I32, column: I32): I32 {
  return i32.add(
    base,
    i32.add(byteOffset(n, "b", column), byteOffset(k, "b", kFirst)),
  );
}

/** Packs a panel of a, or points at its rows where their k are contiguous. */
function prepareA(
  f: FunctionWriter,
  { m, k }: Contraction,
  { packA }: Tiling,
  { bases, packedA }: Segment,
  { row, count, kFirst, kCount }: {
    readonly row: Local<"i32">;
    readonly count: number;
    readonly kFirst: Local<"i32">;
    readonly kCount: Local<"i32">;
  },
): Local<"i32">[] {
  if (packA) {
    const target = f.hold(packedA);
    packPanel(f, target, {
      operand: "a",
      axes: m,
      k,
      source: bases.a,
      first: row,
      width: count,
      kFirst,
      kCount,
    });
    return [packedA];
  }
  const start = f.hold(i32.add(bases.a, byteOffset(k, "a", kFirst)));
  return Array.from({ length: count }, (_, i) => {
    const index = f.hold(i32.add(row, i32.const(i)));
    return f.hold(i32.add(start, byteOffset(m, "a", index)));
  });
}
