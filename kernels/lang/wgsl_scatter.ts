/**
 * Adds rows into a table at given indices on the webgpu engine, without atomic additions of floats.
 */

import type { WebgpuKernel, WebgpuPhase } from "../../graph/ir/kernel.ts";
import type { ScatterShape } from "./scatter_add_kernel.ts";
import { powerAbove } from "./wgsl_row_grid.ts";
import { operandName, type WgslElement, wgslPhase } from "./wgsl_shader.ts";

/** Threads of a group: one per vector of a row of the table, within these bounds. */
const LEAST_THREADS = 64;
const MOST_THREADS = 256;
/** Groups wanted: they fill a GPU; each goes through all indices. */
const WANTED_GROUPS = 256;
const BITS = 32;
/** Indices that a thread looks at between barriers. */
const MOST_AT_ONCE = 8;
/**
 * Rows of the table that a group has at most, and indices of a launch: where all are equal, the
 * threads that have this row of the table add all of them, and must stay below `LOOP_LIMIT`.
 */
const MOST_TABLE_ROWS = 2 ** 13;
const MOST_ROWS = 2 ** 15;

/**
 * Each group has some rows of the table, and of these as many columns as it has threads. It fills
 * them with zeros and looks through the indices, a few per thread at a time: those that are in its
 * rows leave a bit in a mask. Then each thread adds its column of the rows that have a bit, in
 * order. Where there are many indices, further launches go on with the rest.
 */
export function scatterWgsl(shape: ScatterShape, bindings: readonly number[]): WebgpuKernel {
  const launches = Math.ceil(shape.rows / MOST_ROWS);
  const phases = Array.from({ length: launches }, (_, launch) => {
    const begin = launch * MOST_ROWS;
    return scatterPhase(shape, bindings, begin, Math.min(shape.rows, begin + MOST_ROWS));
  });
  return { phases, scratchBytes: 0 };
}

/** Adds the rows `begin` to `end`, to zeros where they are the first. */
function scatterPhase(
  shape: ScatterShape,
  bindings: readonly number[],
  begin: number,
  end: number,
): WebgpuPhase {
  const { tableRows } = shape;
  const width = shape.columns % 4 === 0 ? 4 : 1;
  const element: WgslElement = width === 4 ? "vec4<f32>" : "f32";
  const columns = shape.columns / width;
  const threads = Math.min(Math.max(powerAbove(columns), LEAST_THREADS), MOST_THREADS);
  const across = Math.ceil(columns / threads);
  const wanted = Math.ceil(WANTED_GROUPS / across);
  const rowsOfPart = Math.min(Math.ceil(tableRows / wanted), MOST_TABLE_ROWS);
  const parts = Math.ceil(tableRows / rowsOfPart);
  const [table, indices, values] = [shape.table, shape.indices, shape.values]
    .map((operand) => operandName(bindings, operand));
  const each = Math.min(MOST_AT_ONCE, Math.ceil((end - begin) / threads));
  const atOnce = threads * each;
  const words = atOnce / BITS;
  const zero = `  if (is_column) {
    for (var row = first; row < first + count; row++) {
      ${table}[row * ${columns}u + column] = ${element}();
    }
  }
`;
  const body = `  let first = ${across === 1 ? "group" : `group / ${across}u`} * ${rowsOfPart}u;
  let count = min(${rowsOfPart}u, ${tableRows}u - first);
  let column = ${across === 1 ? "thread" : `group % ${across}u * ${threads}u + thread`};
  let is_column = column < ${columns}u;
${begin === 0 ? zero : ""}  for (var start = ${begin}u; start < ${end}u; start += ${atOnce}u) {
    for (var i = thread; i < min(${atOnce}u, ${end}u - start); i += ${threads}u) {
      if (u32(${indices}[start + i]) - first < count) {
        atomicOr(&mask[i / ${BITS}u], 1u << (i % ${BITS}u));
      }
    }
    workgroupBarrier();
    if (thread < ${words}u) { found[thread] = atomicExchange(&mask[thread], 0u); }
    workgroupBarrier();
    if (is_column) {
      for (var word = 0u; word < ${words}u; word++) {
        var bits = found[word];
        while (bits != 0u) {
          let row = start + word * ${BITS}u + firstTrailingBit(bits);
          bits &= bits - 1u;
          let to = u32(${indices}[row]) * ${columns}u + column;
          ${table}[to] = ${table}[to] + ${values}[row * ${columns}u + column];
        }
      }
    }
  }
`;
  const elements = bindings.map((_, operand): WgslElement | undefined => {
    if (operand === shape.indices) return shape.indexType;
    return operand === shape.table || operand === shape.values ? element : undefined;
  });
  const turns = Math.ceil((end - begin) / atOnce);
  // The threads of a group have the same bits: each is gone through once.
  const ofTurn = 1 + (each + 1) + (words + 1) + words;
  return wgslPhase({
    bindings,
    elements,
    threads,
    groups: across * parts,
    iterations: (begin === 0 ? rowsOfPart + 1 : 0) + turns * ofTurn + 1 + (end - begin),
    shared: [
      { name: "mask", element: "atomic<u32>", count: words },
      { name: "found", element: "u32", count: words },
    ],
    body,
  });
}
