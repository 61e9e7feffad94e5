import assert from "node:assert/strict";
import type { Axis, Contraction } from "../../../kernels/matmul/contraction.ts";
import { extent, simplify, transpose } from "../../../kernels/matmul/contraction.ts";
import { plainMatmul } from "../../../kernels/matmul/plain_matmul.ts";
import { chooseTiling, tiledMatmul, type Tiling } from "../../../kernels/matmul/tiled_matmul.ts";
import { loadWasmKernel } from "../_run_wasm_kernel.ts";

/** A small generator of numbers, so that failures repeat. */
function numbers(seed: number) {
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return {
    below: (n: number) => Math.floor(next() * n),
    /** Multiples of 1/8 in [-2, 2]: products and sums of a few thousand are exact. */
    floats: (n: number) => Float32Array.from({ length: n }, () => Math.round(next() * 32 - 16) / 8),
  };
}
type Numbers = ReturnType<typeof numbers>;

const GROUPS = ["batch", "m", "n", "k"] as const;
const HAS = { a: "batch m k", b: "batch k n", c: "batch m n" };

/** A contraction of sizes per group, the dims of each operand laid out in random order. */
function randomLayout(
  sizes: Readonly<Record<typeof GROUPS[number], readonly number[]>>,
  random: Numbers,
): Contraction {
  const axes = GROUPS.flatMap((group) => sizes[group].map((size) => ({ group, size })));
  const strides = (["a", "b", "c"] as const).map((operand) => {
    const own = axes.filter(({ group }) => HAS[operand].split(" ").includes(group));
    for (let i = own.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [own[i], own[j]] = [own[j], own[i]];
    }
    let stride = 1;
    return new Map(own.map((axis) => {
      const entry = [axis, stride] as const;
      stride *= axis.size;
      return entry;
    }));
  });
  const group = (name: typeof GROUPS[number]): Axis[] =>
    axes.filter((axis) => axis.group === name).map((axis) => ({
      size: axis.size,
      a: strides[0].get(axis) ?? 0,
      b: strides[1].get(axis) ?? 0,
      c: strides[2].get(axis) ?? 0,
    }));
  return { batch: group("batch"), m: group("m"), n: group("n"), k: group("k") };
}

/** Runs the tiled kernel on one, two and three threads, and the plain one; they must agree. */
function check(problem: Contraction, random: Numbers, tiling?: Tiling) {
  const [batch, m, n, k] = GROUPS.map((group) => extent(problem[group]));
  const inputs = [random.floats(batch * m * k), random.floats(batch * k * n)];
  const sizes = [batch * m * n];
  const plain = loadWasmKernel(plainMatmul(problem), inputs, sizes);
  plain.launch(1);
  const simple = simplify(problem);
  for (const swapped of [false, true]) {
    const kernel = tiledMatmul(swapped ? transpose(simple) : simple, swapped, tiling);
    for (const threads of [1, 2, 3]) {
      const tiled = loadWasmKernel(kernel, inputs, sizes);
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
    const problem = randomLayout(
      { batch: [], m: [1 + random.below(20)], n: [70], k: [100] },
      random,
    );
    const tiling = { ...chooseTiling(simplify(problem)), depth: 32, blockPanels: 2 };
    check(problem, random, { ...tiling, rows: 6, columns: 8, packA: true, packB: true });
  }
});
