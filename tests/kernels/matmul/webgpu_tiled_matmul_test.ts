import assert from "node:assert/strict";
import {
  type Contraction,
  extent,
  simplify,
  transpose,
} from "../../../kernels/matmul/contraction.ts";
import { webgpuPlainMatmul } from "../../../kernels/matmul/webgpu_plain_matmul.ts";
import { webgpuTiledMatmul } from "../../../kernels/matmul/webgpu_tiled_matmul.ts";
import { chooseWebgpuTiling, type WebgpuTiling } from "../../../kernels/matmul/webgpu_tiling.ts";
import { type Numbers, numbers, randomLayout, randomOperands } from "./_random_contraction.ts";
import { assertContracted, contract, runWebgpuMatmul } from "./_webgpu_matmul.ts";
import { webgpuTest } from "../../webgpu_engine.ts";

/** The tiled kernel must equal the plain one; the operands' products and sums are exact. */
async function check(
  problem: Contraction,
  random: Numbers,
  choose = chooseWebgpuTiling,
) {
  const { inputs, size } = randomOperands(problem, random);
  const plain = webgpuPlainMatmul(problem, false, [0, 1, 2]);
  const expected = await runWebgpuMatmul(plain, inputs, size);
  assertContracted(expected, contract(problem, inputs), "plain");
  const swapped = random.below(2) === 1;
  const turned = swapped ? transpose(simplify(problem)) : simplify(problem);
  const tiling = choose(turned);
  const kernel = webgpuTiledMatmul(turned, swapped, [0, 1, 2], tiling);
  const found = await runWebgpuMatmul(kernel, inputs, size);
  const wrong = expected.findIndex((value, i) => value !== found[i]);
  if (wrong < 0) return;
  const what = JSON.stringify({ problem, swapped, tiling });
  assert.fail(`${what}: [${wrong}] is ${found[wrong]}, not ${expected[wrong]}`);
}

webgpuTest(
  "webgpuTiledMatmul() equals the plain kernel at edges of every size",
  async () => {
    const random = numbers(1);
    const sizes = [1, 3, 7, 17, 63, 65, 129];
    for (let i = 0; i < 2 * sizes.length; i++) {
      const size = (step: number) => [sizes[(i * step + Math.floor(i / 7)) % sizes.length]];
      const batch = random.below(2) === 0 ? [] : [2];
      const layout = { batch, m: size(1), n: size(2), k: size(4) };
      await check(randomLayout(layout, random), random);
    }
  },
);

webgpuTest(
  "webgpuTiledMatmul() equals the plain kernel where groups have several axes",
  async () => {
    const random = numbers(2);
    const sizes = [1, 2, 3, 4, 6, 8, 12];
    const several = () => Array.from({ length: random.below(4) }, () => sizes[random.below(7)]);
    for (let i = 0; i < 20; i++) {
      const batch = several().slice(1);
      const layout = { batch, m: several(), n: several(), k: several() };
      await check(randomLayout(layout, random), random);
    }
  },
);

const TILINGS: readonly WebgpuTiling[] = [
  { rows: 8, columns: 4, threads: { m: 2, n: 4, k: 1 }, depth: 8, staged: true, splits: 2 },
  { rows: 4, columns: 4, threads: { m: 4, n: 2, k: 1 }, depth: 16, staged: true, splits: 1 },
  { rows: 2, columns: 1, threads: { m: 2, n: 1, k: 1 }, depth: 4, staged: true, splits: 1 },
  { rows: 8, columns: 8, threads: { m: 2, n: 2, k: 1 }, depth: 4, staged: false, splits: 3 },
  { rows: 4, columns: 8, threads: { m: 2, n: 2, k: 4 }, depth: 4, staged: false, splits: 1 },
  { rows: 1, columns: 4, threads: { m: 1, n: 2, k: 8 }, depth: 8, staged: false, splits: 2 },
  { rows: 3, columns: 2, threads: { m: 2, n: 1, k: 2 }, depth: 4, staged: false, splits: 1 },
];

for (const tiling of TILINGS) {
  webgpuTest(`webgpuTiledMatmul() cuts ${JSON.stringify(tiling)}`, async () => {
    const random = numbers(3);
    const sizes = [4, 8, 12, 16, 32, 1, 3, 17];
    const several = () => Array.from({ length: 1 + random.below(2) }, () => sizes[random.below(8)]);
    for (let i = 0; i < 4; i++) {
      const layout = { batch: [1 + random.below(2)], m: several(), n: several(), k: several() };
      await check(randomLayout(layout, random), random, () => tiling);
    }
    // Contiguous along k in both operands, and along rows and columns.
    const whole = {
      batch: [],
      m: [{ size: 20, a: 1, b: 0, c: 24 }],
      n: [{ size: 24, a: 0, b: 1, c: 1 }],
    };
    await check({ ...whole, k: [{ size: 36, a: 20, b: 24, c: 0 }] }, random, () => tiling);
  });
}

webgpuTest(
  "webgpuTiledMatmul() adds up long sums to 1e-5, by the tiling of its choice",
  async () => {
    const random = numbers(4);
    const thirds = (size: number) =>
      Float32Array.from({ length: size }, () => random.below(999) / 3 - 166);
    for (const sizes of [[48, 40, 6000], [1, 300, 2000], [2, 1, 20000], [65, 65, 1023]]) {
      const [m, n, k] = sizes.map((size) => [size]);
      const problem = simplify(randomLayout({ batch: [], m, n, k }, random));
      const inputs = [thirds(sizes[0] * sizes[2]), thirds(sizes[2] * sizes[1])];
      const kernel = webgpuTiledMatmul(problem, false, [0, 1, 2]);
      const found = await runWebgpuMatmul(kernel, inputs, sizes[0] * sizes[1]);
      assertContracted(found, contract(problem, inputs), String(sizes));
    }
  },
);

webgpuTest(
  "webgpuTiledMatmul() reads one tensor as both operands, in whatever ways",
  async () => {
    const axis = (size: number, a: number, b: number, c: number) => [{ size, a, b, c }];
    const problems = [
      // Contiguous along k and along n, by vec4 and, where b's rows are no multiple of four, not.
      { batch: [], m: axis(16, 16, 0, 16), n: axis(16, 0, 1, 1), k: axis(16, 1, 16, 0) },
      { batch: [], m: axis(10, 12, 0, 10), n: axis(10, 0, 1, 1), k: axis(12, 1, 10, 0) },
    ];
    for (const problem of problems) {
      const [m, k] = [problem.m, problem.k].map(extent);
      const tensor = numbers(5).floats(m * k);
      const kernel = webgpuTiledMatmul(problem, false, [0, 0, 1]);
      const found = await runWebgpuMatmul(kernel, [tensor, tensor], m * m, [0, 0, 1]);
      assertContracted(found, contract(problem, [tensor, tensor]), JSON.stringify(problem));
    }
  },
);

const GOLDENS: readonly [string, Contraction, WebgpuTiling][] = [
  ["matmul_direct", {
    batch: [{ size: 2, a: 128, b: 192, c: 96 }],
    m: [{ size: 8, a: 16, b: 0, c: 12 }],
    n: [{ size: 12, a: 0, b: 1, c: 1 }],
    k: [{ size: 16, a: 1, b: 12, c: 0 }],
  }, { rows: 4, columns: 4, threads: { m: 2, n: 4, k: 1 }, depth: 4, staged: false, splits: 1 }],
  ["matmul_staged_split", {
    batch: [],
    m: [{ size: 8, a: 1, b: 0, c: 7 }],
    n: [{ size: 7, a: 0, b: 1, c: 1 }],
    k: [{ size: 21, a: 8, b: 7, c: 0 }],
  }, { rows: 4, columns: 4, threads: { m: 2, n: 2, k: 1 }, depth: 4, staged: true, splits: 2 }],
  ["matmul_threads_along_k", {
    batch: [],
    m: [],
    n: [{ size: 6, a: 0, b: 32, c: 1 }],
    k: [{ size: 32, a: 1, b: 1, c: 0 }],
  }, { rows: 1, columns: 4, threads: { m: 1, n: 2, k: 4 }, depth: 4, staged: false, splits: 1 }],
];

for (const [name, problem, tiling] of GOLDENS) {
  Deno.test(`webgpuTiledMatmul() writes golden/wgsl/${name}.wgsl`, () => {
    const { phases } = webgpuTiledMatmul(problem, false, [0, 1, 2], tiling);
    const text = phases.map(({ code, workgroups }) => `// workgroups: ${workgroups}\n${code}`).join(
      "\n",
    );
    const url = new URL(`../../golden/wgsl/${name}.wgsl`, import.meta.url);
    if (Deno.env.get("GOLDEN") === "write") Deno.writeTextFileSync(url, text);
    assert.equal(text, Deno.readTextFileSync(url));
  });
}
