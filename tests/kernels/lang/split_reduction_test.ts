import assert from "node:assert/strict";
import { loopKernel } from "../../../kernels/lang/loop_kernel.ts";
import { asIntegers, callOfCase, type ProgramCase, testOnEngines } from "./_run_program.ts";

function totals(rows: number, n: number): ProgramCase {
  return {
    signature: "R N, N, R -> R, R",
    inputs: { x: { r: rows, n }, w: { n }, bias: { r: rows } },
    outputs: ["total", "largest"],
    programs: [{
      over: ["N"],
      body: "total = sqrt(sum_over(x * w) + bias)\nlargest = max_over(x) - max_over(-x)",
    }],
  };
}

testOnEngines(
  "splitReduction() adds up long rows to 3e-7, whatever the number of threads",
  async ({ run }) => {
    for (const [rows, n] of [[1, 65536], [1, 65537], [3, 70001], [16, 65539], [2, 1_000_003]]) {
      const x = Float32Array.from({ length: rows * n }, (_, i) => 1 + (i * 7919 % 1009) / 1009);
      const w = Float32Array.from({ length: n }, (_, i) => 1 + (i % 13) / 13);
      const bias = Float32Array.from({ length: rows }, (_, row) => row);
      const [total, largest] = await run(totals(rows, n), [x, w, bias]);
      for (let row = 0; row < rows; row++) {
        let sum = bias[row];
        let [least, most] = [Infinity, -Infinity];
        for (let i = 0; i < n; i++) {
          const value = x[row * n + i];
          sum += value * w[i];
          [least, most] = [Math.min(least, value), Math.max(most, value)];
        }
        const error = Math.abs(total[row] / Math.sqrt(sum) - 1);
        assert.ok(error < 3e-7, `row ${row} of ${rows} x ${n}: error ${error}`);
        assert.equal(largest[row], Math.fround(most - -least));
      }
    }
  },
);

testOnEngines("splitReduction() reduces integers", async ({ run }) => {
  const [count] = await run({
    signature: "N -> ",
    inputs: { x: { n: 100_003 } },
    dtypes: { x: "i32", y: "i32" },
    outputs: ["y"],
    programs: [{ over: ["N"], body: "y = sum_over(i32(x > 50000))" }],
  }, [Array.from({ length: 100_003 }, (_, i) => i)]);
  assert.deepEqual(asIntegers(count, "i32"), [50_002]);
});

Deno.test("splitReduction() is for few and long rows", () => {
  const phasesOf = (rows: number, n: number) => {
    const example = totals(rows, n);
    const { phases } = loopKernel(callOfCase(example), ...example.programs).wasm();
    return phases.map(({ units }) => units);
  };
  assert.deepEqual(phasesOf(1, 65535), [1]);
  assert.deepEqual(phasesOf(2, 65536), [8, 1]);
  assert.deepEqual(phasesOf(17, 65536), [17]);
});
