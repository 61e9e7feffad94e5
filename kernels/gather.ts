/** Rows of a table by index (embeddings), and the transpose, which adds rows into a table. */

// Dims: V rows of the table, D their elements, ... the positions that look up.

import { defineOp } from "../graph/ir/define_op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

/** The row `table[ids]` for each position; an index outside the table gives zeros. */
export const gather = defineOp({
  name: "gather",
  doc: "Looks up rows of a table by index; an index outside the table gives zeros.",
  inputs: ["table", "ids"],
  outputs: ["y"],
  dtypes: { ids: "i32" },
  signature: "V! D, ... -> ... D",
  linear: ["table"],
  flops: () => 0,
  reference([table, ids], { dims: { V, D } }) {
    const y = new Float64Array(ids.length * D);
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= V) continue;
      for (let d = 0; d < D; d++) y[i * D + d] = table[ids[i] * D + d];
    }
    return [y];
  },
  kernel: (call) =>
    loopKernel(call, {
      body: "y = where((ids >= 0) & (ids < V), at(table, V = ids), 0)",
    }),
  vjp(builder, { inputs: [table, ids] }, [dy]) {
    if (!dy) return [undefined, undefined];
    const [{ name, size }] = table.type.dims;
    return builder.call(scatterAdd, [dy, ids], { rows: name, size });
  },
});

/** Adds each row of `x` into the row `ids` of a table of zeros; an index outside it is skipped. */
export const scatterAdd = defineOp({
  name: "scatter_add",
  doc: "Adds rows into a table of zeros by index; an index outside the table is skipped.",
  inputs: ["x", "ids"],
  outputs: ["table"],
  attrs: {
    rows: { doc: "the dim of the table that the index runs over" },
    size: { doc: "its size" },
  },
  dtypes: { ids: "i32" },
  signature: "... D, ... -> V! D",
  outputDims: (_, { rows, size }) => ({ V: { name: String(rows), size: Number(size) } }),
  linear: ["x"],
  reduces: "sum",
  flops: ({ inputs: [x] }) => sizeOf(x),
  reference([x, ids], { dims: { V, D } }) {
    const table = new Float64Array(V * D);
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= V) continue;
      for (let d = 0; d < D; d++) table[ids[i] * D + d] += x[i * D + d];
    }
    return [table];
  },
  kernel: (call) => loopKernel(call, { body: "table[V = ids] += x" }),
  vjp(builder, { inputs: [, ids] }, [dtable]) {
    return [dtable && builder.call(gather, [dtable, ids])[0], undefined];
  },
});
