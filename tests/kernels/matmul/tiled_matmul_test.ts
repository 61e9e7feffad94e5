import assert from "node:assert/strict";
import { type Contraction, simplify, transpose } from "../../../kernels/matmul/contraction.ts";
import { plainMatmul } from "../../../kernels/matmul/plain_matmul.ts";
import { chooseTiling, tiledMatmul, type Tiling } from "../../../kernels/matmul/tiled_matmul.ts";
import { loadWasmKernel } from "../_run_wasm_kernel.ts";
import { type Numbers, numbers, randomLayout, randomOperands } from "./_random_contraction.ts";

/** Runs the tiled kernel on one, two and three threads, and the plain one; they must agree. */
function check(problem: Contraction, random: Numbers, tiling?: Tiling) {
  const { inputs, size } = randomOperands(problem, random);
  const plain = loadWasmKernel(plainMatmul(problem), inputs, [size]);
  plain.launch(1);
  const simple = simplify(problem);
  for (const swapped of [false, true]) {
    const kernel = tiledMatmul(swapped ? transpose(simple) : simple, swapped, tiling);
    for (const threads of [1, 2, 3]) {
      const tiled = loadWasmKernel(kernel, inputs, [size]);
      tiled.launch(threads);
      tiled.checkGuards();
      const label = JSON.stringify({ problem, swapped, threads });
      assert.deepEqual(tiled.outputs[0], plain.outputs[0], label);
    }
  }
}

Deno.test("tiledMatmul() equals plain loops for random sizes and layouts", () => {
  const random = numbers(1);
  for (let i = 0; i < 60; i++) {
    const size = () => [1 + random.below(33)];
    const batch = random.below(2) === 0 ? [] : [1 + random.below(3)];
    check(randomLayout({ batch, m: size(), n: size(), k: size() }, random), random);
  }
});

Deno.test("tiledMatmul() equals plain loops where groups have several axes", () => {
  const random = numbers(2);
  const sizes = [1, 2, 3, 4, 6, 8];
  const several = () => Array.from({ length: 1 + random.below(3) }, () => sizes[random.below(6)]);
  for (let i = 0; i < 60; i++) {
    const batch = several().slice(1);
    check(randomLayout({ batch, m: several(), n: several(), k: several() }, random), random);
  }
});

Deno.test("tiledMatmul() adds up blocks of k and joins blocks of columns", () => {
  const random = numbers(3);
  for (let i = 0; i < 20; i++) {
    const sizes = { batch: [], m: [1 + random.below(20)], n: [70], k: [100] };
    const problem = randomLayout(sizes, random);
    const tiling = { ...chooseTiling(simplify(problem)), depth: 32, blockPanels: 2 };
    check(problem, random, { ...tiling, rows: 6, columns: 8, packA: true, packB: true });
  }
});

Deno.test("tiledMatmul() cuts a long k into several blocks by itself", () => {
  const random = numbers(4);
  const problem = randomLayout({ batch: [], m: [13], n: [21], k: [1100] }, random);
  assert.equal(chooseTiling(simplify(problem)).depth, 368);
  check(problem, random);
});

Deno.test("tiledMatmul() gives the same bits however many threads split the units", () => {
  const [m, n, k] = [37, 300, 700];
  const problem = {
    batch: [],
    m: [{ size: m, a: 1, b: 0, c: n }],
    n: [{ size: n, a: 0, b: k, c: 1 }],
    k: [{ size: k, a: m, b: 1, c: 0 }],
  };
  // Thirds are not exact, so any other order of the sums would show.
  const inputs = [m * k, k * n].map((size) =>
    Float32Array.from({ length: size }, (_, i) => ((i * 31) % 101 - 50) / 3)
  );
  const results = [1, 2, 3, 5, 64].map((threads) => {
    const kernel = loadWasmKernel(tiledMatmul(problem, false), inputs, [m * n]);
    kernel.launch(threads);
    return new Uint32Array(kernel.outputs[0].slice().buffer);
  });
  for (const bits of results) assert.deepEqual(bits, results[0]);
});
