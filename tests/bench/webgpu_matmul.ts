/**
 * Speed of WebGPU matmul kernels: the plain one, the one that a shape gets, and tilings to choose
 * from, in GFLOP/s. Arguments are parts of the names of cases and of tilings; without any of a kind
 * all of it runs, but tilings only where asked for (`-- tilings` for all):
 *
 *     deno run -R -E tests/bench/webgpu_matmul.ts "1024 x" tilings
 */

import type { WebgpuKernel } from "../../graph/ir/kernel.ts";
import { type Contraction, extent, simplify } from "../../kernels/matmul/contraction.ts";
import { webgpuPlainMatmul } from "../../kernels/matmul/webgpu_plain_matmul.ts";
import { webgpuTiledMatmul } from "../../kernels/matmul/webgpu_tiled_matmul.ts";
import { benchDevice, timePhases } from "./webgpu_time.ts";
import type { WebgpuTiling } from "../../kernels/matmul/webgpu_tiling.ts";

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

/** A projection from `k` to `n` dims of `m` tokens: forward, and the gradients of both operands. */
function projection(m: number, k: number, n: number): [string, Contraction][] {
  return [
    [`${m} x ${k} x ${n}`, matrices(m, k, n)],
    [`${m} x ${n} x ${k}, b transposed`, matrices(m, n, k, { transposeB })],
    [`${k} x ${m} x ${n}, a transposed`, matrices(k, m, n, { transposeA })],
  ];
}

const CASES: readonly [string, Contraction][] = [
  ...[256, 512, 1024, 2048].map((n): [string, Contraction] => [
    `${n} x ${n} x ${n}`,
    matrices(n, n, n),
  ]),
  ...projection(8192, 384, 384),
  ...projection(8192, 384, 1536),
  ...projection(8192, 384, 65),
  ["192 of 256 x 64 x 256, b transposed", matrices(256, 64, 256, { transposeB, batch: 192 })],
  ["192 of 256 x 256 x 64", matrices(256, 256, 64, { batch: 192 })],
  ["192 of 256 x 256 x 64, a transposed", matrices(256, 256, 64, { transposeA, batch: 192 })],
  ...projection(2048, 2048, 2048).slice(1),
  ...projection(2048, 2048, 5632),
  ["1 x 2048 x 5632", matrices(1, 2048, 5632)],
  ["1 x 2048 x 5632, b transposed", matrices(1, 2048, 5632, { transposeB })],
  ["8 x 384 x 1536, b transposed", matrices(8, 384, 1536, { transposeB })],
  ["65 x 65 x 65", matrices(65, 65, 65)],
  ["1 x 65536 x 1", matrices(1, 65536, 1)],
];

const tiling = (
  rows: number,
  columns: number,
  [m, n, k]: readonly [number, number, number],
  depth: number,
  staged: boolean,
  splits = 1,
): WebgpuTiling => ({ rows, columns, threads: { m, n, k }, depth, staged, splits });

const TILINGS: readonly WebgpuTiling[] = [
  tiling(4, 4, [8, 8, 1], 4, false),
  tiling(4, 4, [8, 8, 1], 8, false),
  tiling(4, 4, [16, 16, 1], 4, false),
  tiling(8, 4, [8, 8, 1], 4, false),
  tiling(8, 4, [8, 16, 1], 4, false),
  tiling(8, 8, [8, 8, 1], 4, false),
  tiling(8, 8, [16, 16, 1], 4, false),
  tiling(4, 4, [8, 8, 1], 16, true),
  tiling(4, 4, [16, 16, 1], 16, true),
  tiling(8, 4, [8, 16, 1], 8, true),
  tiling(8, 4, [8, 16, 1], 16, true),
  tiling(8, 4, [16, 16, 1], 16, true),
  tiling(8, 8, [8, 8, 1], 8, true),
  tiling(8, 8, [16, 16, 1], 8, true),
  tiling(8, 8, [16, 16, 1], 16, true),
  tiling(4, 4, [8, 8, 1], 4, false, 8),
  tiling(8, 4, [8, 16, 1], 16, true, 8),
];

function nameOf({ rows, columns, threads: { m, n, k }, depth, staged, splits }: WebgpuTiling) {
  return `${staged ? "staged" : "direct"} ${rows}x${columns} ${m}x${n}x${k} k${depth} s${splits}`;
}

const { device, name: deviceName } = await benchDevice();
console.log(`${deviceName}, GFLOP/s`);

const caseFilters = Deno.args.filter((arg) => /^\d/.test(arg));
const tilingFilters = Deno.args.filter((arg) => !/^\d/.test(arg));
const tilings = TILINGS.filter((each) =>
  tilingFilters.some((filter) => filter === "tilings" || nameOf(each).includes(filter))
);
for (const [name, problem] of CASES) {
  if (caseFilters.length > 0 && !caseFilters.some((filter) => name.startsWith(filter))) continue;
  const [batch, m, n, k] = [problem.batch, problem.m, problem.n, problem.k].map(extent);
  const flops = 2 * batch * m * n * k;
  const sizes = [batch * m * k, batch * k * n, batch * m * n];
  const bindings = [0, 1, 2];
  const data = sizes.slice(0, 2).map((size) =>
    Float32Array.from({ length: size }, (_, i) => (i * 7919 % 1013) / 1013 - 0.5)
  );
  const print = async (label: string, kernel: WebgpuKernel) => {
    const bytes = [...sizes, kernel.scratchBytes / 4].filter((size) => size > 0).map((size) =>
      4 * size
    );
    const rate = flops / await timePhases(device, kernel.phases, bytes, data) / 1e9;
    console.log(`${name.padEnd(38)} ${label.padEnd(30)} ${rate.toFixed(2).padStart(9)}`);
  };
  if (flops < 2e9) await print("plain", webgpuPlainMatmul(problem, false, bindings));
  await print("chosen", webgpuTiledMatmul(problem, false, bindings));
  for (const each of tilings) {
    await print(nameOf(each), webgpuTiledMatmul(problem, false, bindings, each));
  }
}
device.destroy();
