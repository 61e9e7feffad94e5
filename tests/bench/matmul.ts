/**
 * Speed of matmul kernels on one core, beside the peak of register-only multiply-adds measured in
 * the same run:
 *
 *     deno run --v8-flags=--no-liftoff,--no-wasm-lazy-compilation tests/bench/matmul.ts
 */

import { wasmFunction } from "../../kernels/lang/wasm_code.ts";
import { f32x4, i32 } from "../../kernels/lang/wasm_expr.ts";
import { type Contraction, simplify } from "../../kernels/matmul/contraction.ts";
import { matmulKernel } from "../../kernels/matmul/matmul_kernel.ts";
import { loadWasmKernel } from "../kernels/_run_wasm_kernel.ts";

/** `c[m, n] = a[m, k] b[k, n]`, either operand stored transposed, in `batch` copies. */
function matrices(
  m: number,
  k: number,
  n: number,
  { transposeA = false, transposeB = false, batch = 1 } = {},
): Contraction {
  return simplify({
    batch: [{ size: batch, a: m * k, b: k * n, c: m * n }],
    m: [{ size: m, a: transposeA ? 1 : k, b: 0, c: n }],
    n: [{ size: n, a: 0, b: transposeB ? k : 1, c: 1 }],
    k: [{ size: k, a: transposeA ? m : 1, b: transposeB ? 1 : n, c: 0 }],
  });
}

const transposeA = true;
const transposeB = true;
const CASES: readonly [string, Contraction][] = [
  ["256 x 256 x 256", matrices(256, 256, 256)],
  ["512 x 512 x 512", matrices(512, 512, 512)],
  ["1024 x 1024 x 1024", matrices(1024, 1024, 1024)],
  ["2048 x 256 x 1024", matrices(2048, 256, 1024)],
  ["768 x 128 x 512", matrices(768, 128, 512)],
  ["768 x 128 x 512, b transposed", matrices(768, 128, 512, { transposeB })],
  ["768 x 512 x 128", matrices(768, 512, 128)],
  ["768 x 512 x 128, b transposed", matrices(768, 512, 128, { transposeB })],
  ["128 x 768 x 512, a transposed", matrices(128, 768, 512, { transposeA })],
  ["512 x 768 x 128, a transposed", matrices(512, 768, 128, { transposeA })],
  ["48 of 64 x 32 x 64, b transposed", matrices(64, 32, 64, { transposeB, batch: 48 })],
  ["48 of 64 x 64 x 32", matrices(64, 64, 32, { batch: 48 })],
  ["48 of 64 x 64 x 32, a transposed", matrices(64, 64, 32, { transposeA, batch: 48 })],
  ["1 x 512 x 2048", matrices(1, 512, 2048)],
  ["1 x 512 x 2048, b transposed", matrices(1, 512, 2048, { transposeB })],
  ["4 x 512 x 2048", matrices(4, 512, 2048)],
  ["4 x 512 x 2048, b transposed", matrices(4, 512, 2048, { transposeB })],
  ["12 x 512 x 2048", matrices(12, 512, 2048)],
  ["12 x 512 x 2048, b transposed", matrices(12, 512, 2048, { transposeB })],
  ["24 x 512 x 2048", matrices(24, 512, 2048)],
  ["65 x 65 x 65", matrices(65, 65, 65)],
];

/** Best of several runs, in seconds of one launch. */
function time(launch: () => void): number {
  const start = performance.now();
  let launches = 0;
  for (; performance.now() - start < 30 || launches < 2; launches++) launch();
  const repeat = Math.max(1, Math.floor(launches / 3));
  let best = Infinity;
  for (let i = 0; i < 12; i++) {
    const before = performance.now();
    for (let j = 0; j < repeat; j++) launch();
    best = Math.min(best, (performance.now() - before) / repeat / 1000);
  }
  return best;
}

/** Floating-point operations per second of twelve independent chains in registers. */
function measurePeak(): number {
  const turns = 20_000;
  const code = wasmFunction(4, (f, [, , begin, end]) => {
    const sums = Array.from({ length: 12 }, () => f.hold(f32x4.const(1)));
    const factor = f.hold(f32x4.const(0.5));
    const i = f.local("i32");
    f.for(i, i32.mul(begin, i32.const(turns)), i32.mul(end, i32.const(turns)), 1, () => {
      for (let round = 0; round < 8; round++) {
        for (const sum of sums) f.set(sum, f32x4.relaxedMadd(sum, factor, factor));
      }
    });
    sums.forEach((sum, index) => f.store(i32.const(0), sum, 16 * index));
  });
  const kernel = { phases: [{ code, units: 1 }], scratchBytes: 0, threadScratchBytes: 0 };
  const { launch } = loadWasmKernel(kernel, [], []);
  return turns * 8 * 12 * 8 / time(() => launch(1));
}

const size = (axes: Contraction["m"]) => axes.reduce((product, axis) => product * axis.size, 1);
const random = (n: number) => Float32Array.from({ length: n }, () => Math.random() - 0.5);

const peak = measurePeak();
console.log(`peak of multiply-adds in registers: ${(peak / 1e9).toFixed(1)} GFLOP/s`);
for (const [name, problem] of CASES) {
  if (!name.includes(Deno.args[0] ?? "")) continue;
  const [batch, m, n, k] = [problem.batch, problem.m, problem.n, problem.k].map(size);
  const inputs = [random(batch * m * k), random(batch * k * n)];
  const { launch } = loadWasmKernel(matmulKernel(problem).wasm(), inputs, [batch * m * n]);
  const rate = 2 * batch * m * n * k / time(() => launch(1));
  const share = `${(100 * rate / peak).toFixed(0)}%`;
  console.log(
    `${name.padEnd(36)} ${(rate / 1e9).toFixed(1).padStart(6)} GFLOP/s ${share.padStart(5)}`,
  );
}
