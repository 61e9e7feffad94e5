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

/** Seconds of one launch of a kernel, best of three rounds of at least `atLeast` ms. */
async function time(device: GPUDevice, kernel: WebgpuKernel, sizes: readonly number[]) {
  const buffers = [...sizes, kernel.scratchBytes / 4].filter((size) => size > 0).map((size) =>
    device.createBuffer({
      size: 16 * Math.ceil(size / 4),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    })
  );
  sizes.slice(0, 2).forEach((size, i) => {
    const data = Float32Array.from({ length: size }, (_, j) => (j * 7919 % 1013) / 1013 - 0.5);
    device.queue.writeBuffer(buffers[i], 0, data);
  });
  const layout = device.createBindGroupLayout({
    entries: buffers.map((_, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: "storage" as const },
    })),
  });
  const group = device.createBindGroup({
    layout,
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const pipelines = kernel.phases.map(({ code }) =>
    device.createComputePipeline({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
    })
  );
  const run = async (launches: number) => {
    const before = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setBindGroup(0, group);
    for (let i = 0; i < launches; i++) {
      kernel.phases.forEach(({ workgroups }, phase) => {
        pass.setPipeline(pipelines[phase]);
        pass.dispatchWorkgroups(...workgroups);
      });
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - before) / 1000;
  };
  await run(1);
  // Waiting takes about 10 ms by itself, so a round must be long beside that.
  let launches = 1;
  let best = Infinity;
  for (let round = 0; round < 3;) {
    const seconds = await run(launches);
    if (seconds < 0.15 && launches < 4096) launches *= Math.ceil(Math.max(2, 0.2 / seconds));
    else {
      best = Math.min(best, seconds / launches);
      round++;
      if (seconds > 2) break;
    }
  }
  for (const buffer of buffers) buffer.destroy();
  return best;
}

const adapter = await navigator.gpu.requestAdapter();
if (!adapter) throw new Error("Cannot measure WebGPU: there is no adapter");
const device = await adapter.requestDevice({
  requiredLimits: {
    maxBufferSize: adapter.limits.maxBufferSize,
    maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
  },
});
device.addEventListener("uncapturederror", (event) => {
  console.error((event as GPUUncapturedErrorEvent).error.message);
});
console.log(`${adapter.info.description || adapter.info.vendor}, GFLOP/s`);

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
  const print = async (label: string, kernel: WebgpuKernel) => {
    const rate = flops / await time(device, kernel, sizes) / 1e9;
    console.log(`${name.padEnd(38)} ${label.padEnd(30)} ${rate.toFixed(2).padStart(9)}`);
  };
  if (flops < 1e9) await print("plain", webgpuPlainMatmul(problem, false, bindings));
  await print("chosen", webgpuTiledMatmul(problem, false, bindings));
  for (const each of tilings) {
    await print(nameOf(each), webgpuTiledMatmul(problem, false, bindings, each));
  }
}
device.destroy();
