/** Adds rows into a table at given indices on the webgpu engine, without atomic additions of floats. */

import type { WebgpuKernel } from "../../graph/ir/kernel.ts";
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
 * Each group has some rows of the table, and of these as many columns as it has threads. It fills them
 * with zeros and looks through the indices, a few per thread at a time: those that are in its rows leave a
 * bit in a mask. Then each thread adds its column of the rows that have a bit, in order.
 */
export function scatterWgsl(shape: ScatterShape, bindings: readonly number[]): WebgpuKernel {
  const { tableRows, rows } = shape;
  const width = shape.columns % 4 === 0 ? 4 : 1;
  const element: WgslElement = width === 4 ? "vec4<f32>" : "f32";
  const columns = shape.columns / width;
  const threads = Math.min(Math.max(powerAbove(columns), LEAST_THREADS), MOST_THREADS);
  const across = Math.ceil(columns / threads);
  const rowsOfPart = Math.ceil(tableRows / Math.ceil(WANTED_GROUPS / across));
  const parts = Math.ceil(tableRows / rowsOfPart);
  const [table, indices, values] = [shape.table, shape.indices, shape.values]
    .map((operand) => operandName(bindings, operand));
  const atOnce = threads * Math.min(MOST_AT_ONCE, Math.ceil(rows / threads));
  const words = atOnce / BITS;
  const body = `  let first = ${across === 1 ? "group" : `group / ${across}u`} * ${rowsOfPart}u;
  let count = min(${rowsOfPart}u, ${tableRows}u - first);
  let column = ${across === 1 ? "thread" : `group % ${across}u * ${threads}u + thread`};
  let is_column = column < ${columns}u;
  if (is_column) {
    for (var row = first; row < first + count; row++) {
      ${table}[row * ${columns}u + column] = ${element}();
    }
  }
  for (var start = 0u; start < ${rows}u; start += ${atOnce}u) {
    for (var i = thread; i < min(${atOnce}u, ${rows}u - start); i += ${threads}u) {
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
  const phase = wgslPhase({
    bindings,
    elements,
    threads,
    groups: across * parts,
    shared: [
      { name: "mask", element: "atomic<u32>", count: words },
      { name: "found", element: "u32", count: words },
    ],
    body,
  });
  return { phases: [phase], scratchBytes: 0 };
}
