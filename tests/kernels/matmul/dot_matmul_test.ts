import assert from "node:assert/strict";
import { simplify } from "../../../kernels/matmul/contraction.ts";
import { dotMatmul, suitsDots } from "../../../kernels/matmul/dot_matmul.ts";
import { plainMatmul } from "../../../kernels/matmul/plain_matmul.ts";
import { loadWasmKernel } from "../_run_wasm_kernel.ts";
import { numbers, randomLayout, randomOperands } from "./_random_contraction.ts";

Deno.test("dotMatmul() equals plain loops, with NaN behind the operands", () => {
  const random = numbers(5);
  let tested = 0;
  while (tested < 80) {
    const size = (below: number) => [1 + random.below(below), 1 + random.below(3)];
    const sizes = {
      batch: [1 + random.below(3)],
      m: size(5),
      n: size(12),
      k: [1 + random.below(33)],
    };
    const problem = randomLayout(sizes, random);
    const simple = simplify(problem);
    if (!suitsDots(simple)) continue;
    tested++;
    const { inputs, size: results } = randomOperands(problem, random);
    const plain = loadWasmKernel(plainMatmul(problem), inputs, [results]);
    plain.launch(1);
    for (const threads of [1, 2, 3]) {
      const dots = loadWasmKernel(dotMatmul(simple, false), inputs, [results]);
      dots.launch(threads);
      dots.checkGuards();
      assert.deepEqual(dots.outputs[0], plain.outputs[0], JSON.stringify({ problem, threads }));
    }
  }
});

Deno.test("suitsDots() asks for few rows and contiguous k in both operands", () => {
  const m = { size: 4, a: 32, b: 0, c: 8 };
  const n = { size: 8, a: 0, b: 32, c: 1 };
  const k = { size: 32, a: 1, b: 1, c: 0 };
  const problem = { batch: [], m: [m], n: [n], k: [k] };
  assert.equal(suitsDots(problem), true);
  assert.equal(suitsDots({ ...problem, m: [{ ...m, size: 17 }] }), false);
  assert.equal(suitsDots({ ...problem, k: [{ ...k, a: 4 }] }), false);
  assert.equal(suitsDots({ ...problem, k: [{ ...k, b: 8 }] }), false);
  assert.equal(suitsDots({ ...problem, k: [{ ...k, a: 64, b: 64 }, k] }), false);
});
