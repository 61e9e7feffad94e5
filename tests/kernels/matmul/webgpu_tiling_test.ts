import assert from "node:assert/strict";
import { LOOP_LIMIT } from "../../../graph/ir/kernel.ts";
import { type Contraction, extent, simplify } from "../../../kernels/matmul/contraction.ts";
import { webgpuTiledMatmul } from "../../../kernels/matmul/webgpu_tiled_matmul.ts";
import { chooseWebgpuTiling } from "../../../kernels/matmul/webgpu_tiling.ts";
import { numbers, randomLayout } from "./_random_contraction.ts";

/** `c[m, n] = a[m, k] b[k, n]`, each row after row. */
function matrices(m: number, k: number, n: number): Contraction {
  return simplify({
    batch: [],
    m: [{ size: m, a: k, b: 0, c: n }],
    n: [{ size: n, a: 0, b: 1, c: 1 }],
    k: [{ size: k, a: 1, b: n, c: 0 }],
  });
}

Deno.test("chooseWebgpuTiling() gives threads large blocks where there are many", () => {
  const { rows, columns, threads, splits } = chooseWebgpuTiling(matrices(8192, 384, 1536));
  assert.deepEqual([rows, columns, threads, splits], [8, 8, { m: 8, n: 16, k: 1 }, 1]);
});

Deno.test("chooseWebgpuTiling() splits a long k over workgroups where the result is small", () => {
  const { rows, columns, threads, splits } = chooseWebgpuTiling(matrices(384, 8192, 384));
  assert.deepEqual([rows, columns, threads, splits], [8, 8, { m: 8, n: 16, k: 1 }, 4]);
});

Deno.test("chooseWebgpuTiling() splits a k that is too long for the loop of a thread", () => {
  for (const [m, k, n] of [[1024, 300_000, 1024], [256, 1_000_000, 1024], [1, 10 ** 8, 1]]) {
    const { phases } = webgpuTiledMatmul(matrices(m, k, n), false, [0, 1, 2]);
    assert.equal(phases.length, 2);
    for (const { iterations } of phases) assert.ok(iterations <= LOOP_LIMIT, `${iterations}`);
  }
});

Deno.test("chooseWebgpuTiling() splits k over the threads of a workgroup for a vector", () => {
  const { rows, columns, threads, splits } = chooseWebgpuTiling(matrices(1, 2048, 5632));
  assert.deepEqual([rows, columns, threads, splits], [1, 8, { m: 1, n: 16, k: 16 }, 1]);
});

Deno.test("chooseWebgpuTiling() does not split where the parts would not fit a binding", () => {
  assert.equal(chooseWebgpuTiling(matrices(8192, 65536, 8192)).splits, 1);
});

Deno.test("chooseWebgpuTiling() keeps within the limits that every device has", () => {
  const random = numbers(8);
  const sizes = [1, 2, 3, 4, 5, 8, 31, 65, 128, 768, 5000];
  for (let i = 0; i < 200; i++) {
    const size = () => [sizes[random.below(sizes.length)]];
    const problem = simplify(
      randomLayout({ batch: size(), m: size(), n: size(), k: size() }, random),
    );
    const { threads, splits } = chooseWebgpuTiling(problem);
    const { phases, scratchBytes } = webgpuTiledMatmul(problem, false, [0, 1, 2]);
    assert.ok(threads.m * threads.n * threads.k <= 256);
    assert.equal(phases.length, splits > 1 ? 2 : 1);
    assert.ok(scratchBytes <= 2 ** 27, `${scratchBytes} bytes of scratch`);
    assert.equal(phases[0].code.includes("var<workgroup> partial"), threads.k > 1);
    assert.ok(extent(problem.k) >= threads.k);
  }
});
