/** The kernel of `scatter_add`: the table is zeroed, then rows are added to it in order. */

// Dims: V rows of the table, D their elements, BATCH the rows that are added.

import type { Kernel, WasmFunction } from "../graph/ir/kernel.ts";
import type { Call } from "../graph/ir/op.ts";
import { wasmFunction } from "./lang/wasm_code.ts";
import { f32, f32x4, type I32, i32, v128 } from "./lang/wasm_expr.ts";

/** x, ids, table, scratch, threadScratch, begin, end */
const PARAMETERS = 7;
const BYTES = 4;
const LANES = 4;
/** Columns of one work unit: a cache line, so that threads do not share one. */
const COLUMNS = 16;

type Dims = Call["dims"];

/**
 * Code for one call of `scatter_add`. A thread adds all rows, but only its own columns of them: so no
 * two threads write one element, and each element gets its terms in the same order.
 */
export function scatterKernel({ dims }: Call): Kernel {
  const { V, D, BATCH } = dims;
  return {
    key: `scatter_add ${V} ${D} ${BATCH}`,
    wasm: () => ({
      phases: [
        { code: zeroFunction(dims), units: V },
        { code: addFunction(dims), units: Math.ceil(D / COLUMNS) },
      ],
      scratchBytes: 0,
      threadScratchBytes: 0,
    }),
  };
}

/** Zeroes rows of the table. */
function zeroFunction({ D }: Dims): WasmFunction {
  return wasmFunction(PARAMETERS, (f, [_x, _ids, table, _scratch, _threadScratch, begin, end]) => {
    const start = i32.add(table, times(begin, D * BYTES));
    f.fill(start, i32.const(0), times(i32.sub(end, begin), D * BYTES));
  });
}

/** Adds a range of columns of every row of x. */
function addFunction({ V, D, BATCH }: Dims): WasmFunction {
  return wasmFunction(PARAMETERS, (f, [x, ids, table, _scratch, _threadScratch, begin, end]) => {
    const first = f.hold(times(begin, COLUMNS * BYTES));
    const last = f.hold(i32.min(times(end, COLUMNS * BYTES), i32.const(D * BYTES)));
    // Whole vectors, then what is left of a row.
    const vectors = f.hold(
      i32.add(first, i32.and(i32.sub(last, first), i32.const(-LANES * BYTES))),
    );
    const row = f.local("i32");
    const column = f.local("i32");
    f.for(row, i32.const(0), i32.const(BATCH), 1, () => {
      const id = f.hold(i32.load(i32.add(ids, times(row, BYTES))));
      // Unsigned, so that a negative index is too large.
      f.if(i32.ltU(id, i32.const(V)), () => {
        const from = f.hold(i32.add(x, times(row, D * BYTES)));
        const to = f.hold(i32.add(table, times(id, D * BYTES)));
        f.for(column, first, vectors, LANES * BYTES, () => {
          const target = f.hold(i32.add(to, column));
          f.store(target, f32x4.add(v128.load(target), v128.load(i32.add(from, column))));
        });
        f.for(column, vectors, last, BYTES, () => {
          const target = f.hold(i32.add(to, column));
          f.store(target, f32.add(f32.load(target), f32.load(i32.add(from, column))));
        });
      });
    });
  });
}

function times(value: I32, factor: number): I32 {
  return i32.mul(value, i32.const(factor));
}
