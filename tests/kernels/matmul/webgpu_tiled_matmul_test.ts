import assert from "node:assert/strict";
import { type Contraction, simplify, transpose } from "../../../kernels/matmul/contraction.ts";
import { plainMatmul } from "../../../kernels/matmul/plain_matmul.ts";
import { webgpuTiledMatmul } from "../../../kernels/matmul/webgpu_tiled_matmul.ts";
import { chooseWebgpuTiling, type WebgpuTiling } from "../../../kernels/matmul/webgpu_tiling.ts";
import { testDevice, WITHOUT_WEBGPU } from "../../webgpu.ts";
import { loadWasmKernel } from "../_run_wasm_kernel.ts";
import { type Numbers, numbers, randomLayout, randomOperands } from "./_random_contraction.ts";
import { runWebgpuMatmul } from "./_run_webgpu_matmul.ts";

const device = await testDevice();

function test(name: string, body: (device: GPUDevice) => Promise<void>) {
  Deno.test({
    name: device ? name : `${name} (${WITHOUT_WEBGPU})`,
    ignore: !device,
    fn: async () => {
      assert.ok(device);
      await body(device);
    },
  });
}

/** The tiled kernel, either way round, must equal plain loops. */
async function check(
  device: GPUDevice,
  problem: Contraction,
  random: Numbers,
  tiling?: (problem: Contraction) => WebgpuTiling,
) {
  const { inputs, size } = randomOperands(problem, random);
  const plain = loadWasmKernel(plainMatmul(problem), inputs, [size]);
  plain.launch(1);
  const simple = simplify(problem);
  for (const swapped of [false, true]) {
    const turned = swapped ? transpose(simple) : simple;
    const own = (tiling ?? chooseWebgpuTiling)(turned);
    const kernel = webgpuTiledMatmul(turned, swapped, [0, 1, 2], own);
    const found = await runWebgpuMatmul(device, kernel, inputs, size);
    const label = () => JSON.stringify({ problem, swapped, own }) + kernel.phases[0].code;
    if (!equal(found, plain.outputs[0])) assert.deepEqual(found, plain.outputs[0], label());
  }
}

function equal(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

test("webgpuTiledMatmul() equals plain loops for random sizes and layouts", async (device) => {
  const random = numbers(1);
  for (let i = 0; i < 15; i++) {
    const size = () => [1 + random.below(33)];
    const batch = random.below(2) === 0 ? [] : [1 + random.below(3)];
    await check(device, randomLayout({ batch, m: size(), n: size(), k: size() }, random), random);
  }
});

test("webgpuTiledMatmul() equals plain loops where groups have several axes", async (device) => {
  const random = numbers(2);
  const sizes = [1, 2, 3, 4, 6, 8];
  const several = () => Array.from({ length: random.below(4) }, () => sizes[random.below(6)]);
  for (let i = 0; i < 15; i++) {
    const batch = several().slice(1);
    const layout = { batch, m: several(), n: several(), k: several() };
    await check(device, randomLayout(layout, random), random);
  }
});

const TILINGS: readonly WebgpuTiling[] = [
  { rows: 4, columns: 4, threads: { m: 2, n: 4, k: 1 }, depth: 8, staged: true, splits: 1 },
  { rows: 8, columns: 4, threads: { m: 2, n: 4, k: 1 }, depth: 16, staged: true, splits: 2 },
  { rows: 8, columns: 8, threads: { m: 2, n: 2, k: 1 }, depth: 4, staged: false, splits: 3 },
  { rows: 4, columns: 4, threads: { m: 2, n: 2, k: 4 }, depth: 4, staged: false, splits: 1 },
  { rows: 1, columns: 4, threads: { m: 1, n: 2, k: 8 }, depth: 8, staged: false, splits: 2 },
  { rows: 3, columns: 2, threads: { m: 2, n: 1, k: 2 }, depth: 4, staged: false, splits: 1 },
  { rows: 2, columns: 1, threads: { m: 2, n: 1, k: 1 }, depth: 4, staged: true, splits: 1 },
];

for (const tiling of TILINGS) {
  test(`webgpuTiledMatmul() cuts ${JSON.stringify(tiling)}`, async (device) => {
    const random = numbers(3);
    const sizes = [4, 8, 12, 16, 32, 1, 3, 17];
    const several = () => Array.from({ length: 1 + random.below(2) }, () => sizes[random.below(8)]);
    for (let i = 0; i < 6; i++) {
      const layout = { batch: [1 + random.below(2)], m: several(), n: several(), k: several() };
      const problem = randomLayout(layout, random);
      await check(device, problem, random, () => tiling);
    }
  });
}
