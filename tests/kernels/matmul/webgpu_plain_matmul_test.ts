import assert from "node:assert/strict";
import { simplify, transpose } from "../../../kernels/matmul/contraction.ts";
import { suitsPlain, webgpuPlainMatmul } from "../../../kernels/matmul/webgpu_plain_matmul.ts";
import { numbers, randomLayout, randomOperands } from "./_random_contraction.ts";
import { assertContracted, contract, runWebgpuMatmul } from "./_webgpu_matmul.ts";
import { webgpuTest } from "../../webgpu_engine.ts";

webgpuTest("webgpuPlainMatmul() equals its definition, either way round", async () => {
  const random = numbers(7);
  const sizes = [1, 2, 3, 4, 6];
  const several = () => Array.from({ length: random.below(3) }, () => sizes[random.below(5)]);
  for (let i = 0; i < 12; i++) {
    const layout = { batch: several(), m: several(), n: several(), k: [1 + random.below(9)] };
    const problem = randomLayout(layout, random);
    const { inputs, size } = randomOperands(problem, random);
    for (const swapped of [false, true]) {
      const turned = swapped ? transpose(simplify(problem)) : problem;
      const kernel = webgpuPlainMatmul(turned, swapped, [0, 1, 2]);
      const found = await runWebgpuMatmul(kernel, inputs, size);
      assertContracted(found, contract(problem, inputs), JSON.stringify({ problem, swapped }));
    }
  }
});

webgpuTest(
  "webgpuPlainMatmul() has several rows of workgroups where one is too short",
  async () => {
    const n = 65535 * 256 + 300;
    const problem = { batch: [], m: [], n: [{ size: n, a: 0, b: 1, c: 1 }], k: [] };
    const kernel = webgpuPlainMatmul(problem, false, [0, 1, 2]);
    assert.deepEqual(kernel.phases[0].workgroups, [65535, 2, 1]);
    const b = Float32Array.from({ length: n }, (_, i) => i % 1009);
    const found = await runWebgpuMatmul(kernel, [Float32Array.of(3), b], n);
    assert.equal(found.findIndex((value, i) => value !== 3 * (i % 1009)), -1);
  },
);

Deno.test("suitsPlain() asks for few steps of k, or few of them and a small result", () => {
  const problem = (m: number, n: number, k: number) =>
    randomLayout({ batch: [5], m: [m], n: [n], k: [k] }, numbers(1));
  assert.equal(suitsPlain(problem(100, 100, 4)), true);
  assert.equal(suitsPlain(problem(100, 100, 5)), false);
  assert.equal(suitsPlain(problem(4, 4, 64)), true);
  assert.equal(suitsPlain(problem(4, 4, 65)), false);
  assert.equal(suitsPlain(problem(1, 17, 64)), false);
});
