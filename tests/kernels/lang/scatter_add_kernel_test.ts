import assert from "node:assert/strict";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { loopKernel } from "../../../kernels/lang/loop_kernel.ts";
import { createRandom } from "../../../pipelines/compile/random.ts";
import { callOfCase, type ProgramCase, testOnEngines } from "./_run_program.ts";

function scatter(rows: number, columns: number, tableRows: number): ProgramCase {
  return {
    signature: "R N, R -> V N",
    inputs: { x: { r: rows, n: columns }, ids: { r: rows } },
    dtypes: { ids: "i32" },
    outputs: ["table"],
    outputDims: () => ({ V: { name: "v", size: tableRows } }),
    programs: [{ body: "table[V = ids] += x" }],
  };
}

testOnEngines(
  "scatterAddKernel() adds rows in order, as a loop over floats does",
  async ({ run }) => {
    await Promise.all([1, 2, 3, 4, 5, 8, 15, 16, 17, 40].map(async (columns) => {
      const [rows, tableRows] = [23, 6];
      const example = scatter(rows, columns, tableRows);
      const random = createRandom(columns);
      const x = Float32Array.from({ length: rows * columns }, () => random.uniform());
      // A few indices are outside the table, some rows of it get nothing.
      const ids = Array.from({ length: rows }, () => random.integer(tableRows + 1) - 1);
      const [table] = await run(example, [x, ids]);
      const expected = new Float32Array(sizeOf(callOfCase(example).outputs[0]));
      ids.forEach((id, row) => {
        if (id < 0 || id >= tableRows) return;
        for (let n = 0; n < columns; n++) expected[id * columns + n] += x[row * columns + n];
      });
      assert.deepEqual(table, expected, `${columns} columns`);
    }));
  },
);

Deno.test("scatterAddKernel() refuses operands that do not fit", () => {
  const example = scatter(3, 4, 5);
  const call = callOfCase(example);
  const refuse = (body: string, message: string) =>
    assert.throws(() => loopKernel(call, { body }), {
      message: `Cannot compile kernel of example: ${message}`,
    });
  refuse("table[V = idx] += x", "no operand idx");
  refuse(
    "table[N = ids] += x",
    "table[N = ids] takes an f32 x of dims R N, got f32 R N",
  );
  refuse(
    "table[V = ids] += ids",
    "table[V = ids] takes an f32 ids of dims R N, got i32 R",
  );
});
