import assert from "node:assert/strict";
import { matmulKernel } from "../../../kernels/matmul/matmul_kernel.ts";
import { plainMatmul } from "../../../kernels/matmul/plain_matmul.ts";
import { loadWasmKernel } from "../_run_wasm_kernel.ts";
import { numbers, randomLayout, randomOperands } from "./_random_contraction.ts";

Deno.test("matmulKernel() equals plain loops, whichever way and method it takes", () => {
  const random = numbers(6);
  for (let i = 0; i < 60; i++) {
    const size = () => [1 + random.below(24)];
    const problem = randomLayout({ batch: [2], m: size(), n: size(), k: size() }, random);
    const { inputs, size: results } = randomOperands(problem, random);
    const plain = loadWasmKernel(plainMatmul(problem), inputs, [results]);
    plain.launch(1);
    const kernel = loadWasmKernel(matmulKernel(problem).wasm(), inputs, [results]);
    kernel.launch(2);
    assert.deepEqual(kernel.outputs[0], plain.outputs[0], JSON.stringify(problem));
  }
});

Deno.test("matmulKernel() has one key for problems that differ in how dims are split only", () => {
  const m = { size: 6, a: 5, b: 0, c: 8 };
  const n = { size: 8, a: 0, b: 1, c: 1 };
  const k = { size: 5, a: 1, b: 8, c: 0 };
  const whole = { batch: [], m: [m], n: [n], k: [k] };
  const split = { ...whole, n: [{ ...n, size: 2, b: 4, c: 4 }, { ...n, size: 4 }] };
  const transposed = { ...whole, k: [{ ...k, a: 6 }], m: [{ ...m, a: 1 }] };
  assert.equal(matmulKernel(split).key, matmulKernel(whole).key);
  assert.notEqual(matmulKernel(transposed).key, matmulKernel(whole).key);
});

Deno.test("matmulKernel() turns problems round whose rows are contiguous in the result", () => {
  const m = { size: 8, a: 5, b: 0, c: 1 };
  const n = { size: 6, a: 0, b: 5, c: 8 };
  const k = { size: 5, a: 1, b: 1, c: 0 };
  const swapped = (key: string) => JSON.parse(key.replace("matmul ", "")).swapped;
  assert.equal(swapped(matmulKernel({ batch: [], m: [m], n: [n], k: [k] }).key), true);
  const straight = { batch: [], m: [{ ...m, c: 6 }], n: [{ ...n, c: 1 }], k: [k] };
  assert.equal(swapped(matmulKernel(straight).key), false);
});
