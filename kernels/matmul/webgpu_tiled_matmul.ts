/**
 * Matrix multiplication on a GPU with a block of c in the registers of each thread, for any
 * strides. Operands are read directly, or (in tests and the bench only) by way of shared memory; k
 * may be split over the threads of a workgroup, and over workgroups.
 */

import type { WebgpuKernel } from "../../graph/ir/kernel.ts";
import { operandName, type WgslElement, wgslPhase } from "../lang/wgsl_shader.ts";
import { addThreads } from "./_wgsl_add_threads.ts";
import { directLoop } from "./_wgsl_direct_loop.ts";
import { wgslProduct, wgslQuotient, wgslRemainder, wgslSum } from "./_wgsl_offset.ts";
import { block, units } from "./_wgsl_parts.ts";
import { sumNames, sumType } from "./_wgsl_product.ts";
import { batchOffset, type Quads, quadsOf } from "./_wgsl_quads.ts";
import { stagedLoop } from "./_wgsl_staged_loop.ts";
import { addParts, partBytes, resultElement, storeRow } from "./_wgsl_store.ts";
import { type Contraction, extent } from "./contraction.ts";
import { chooseWebgpuTiling, turnsAlongK, type WebgpuTiling } from "./webgpu_tiling.ts";

/** The kernel of a contraction. `swapped` tells that its `a` is the second operand. */
export function webgpuTiledMatmul(
  problem: Contraction,
  swapped: boolean,
  bindings: readonly number[],
  tiling: WebgpuTiling = chooseWebgpuTiling(problem),
): WebgpuKernel {
  const { rows, columns, threads, splits } = tiling;
  const [m, n] = [problem.m, problem.n].map(extent);
  const operand = swapped ? { a: 1, b: 0 } : { a: 0, b: 1 };
  const quads = sources(problem, tiling, bindings[0] === bindings[1]);
  const names = {
    a: operandName(bindings, operand.a),
    b: operandName(bindings, operand.b),
    c: splits > 1 ? "scratch" : operandName(bindings, 2),
  };
  const elements: (WgslElement | undefined)[] = [undefined, undefined, undefined];
  elements[operand.a] = quads.a.vector ? "vec4<f32>" : "f32";
  elements[operand.b] = quads.b.vector ? "vec4<f32>" : "f32";
  const result = resultElement(problem, tiling);
  if (splits === 1) elements[2] = result;
  const tilesM = Math.ceil(m / (rows * threads.m));
  const tilesN = Math.ceil(n / (columns * threads.n));
  const loop = (tiling.staged ? stagedLoop : directLoop)({ problem, tiling, quads, names });
  const reduction = addThreads(tiling);
  const body = [
    ...position(problem, tiling, { tilesM, tilesN }, quads),
    ...sumNames(tiling).flat().map((sum) => `var ${sum} = ${sumType(columns)}();`),
    ...loop.body,
    ...reduction.body,
    ...storeSums(problem, tiling, names.c),
  ];
  const phase = wgslPhase({
    bindings,
    elements,
    ...(splits > 1 ? { scratch: result } : {}),
    threads: threads.m * threads.n * threads.k,
    groups: tilesM * tilesN * splits * extent(problem.batch),
    iterations: turnsAlongK(problem, tiling) + 1,
    shared: [...loop.shared, ...reduction.shared],
    body: body.map((line) => `  ${line}\n`).join(""),
  });
  return {
    phases: splits > 1 ? [phase, addParts(problem, splits, bindings)] : [phase],
    scratchBytes: partBytes(problem, splits),
  };
}

/**
 * How each operand is read, one or both by single elements where they share a binding and differ.
 */
function sources(
  problem: Contraction,
  { rows, columns }: WebgpuTiling,
  shared: boolean,
): Readonly<Record<"a" | "b", Quads>> {
  const both = (scalar: boolean) => ({
    a: quadsOf(problem, "a", rows, scalar),
    b: quadsOf(problem, "b", columns, scalar),
  });
  const quads = both(false);
  return shared && quads.a.vector !== quads.b.vector ? both(true) : quads;
}

/** Which block of c and which range of k this thread has. */
function position(
  problem: Contraction,
  { rows, columns, threads, depth, splits }: WebgpuTiling,
  { tilesM, tilesN }: { readonly tilesM: number; readonly tilesN: number },
  quads: Readonly<Record<"a" | "b", Quads>>,
): string[] {
  const k = extent(problem.k);
  const chunk = turnsAlongK(problem, { threads, depth, splits }) * depth * threads.k;
  const outer = wgslQuotient("group", tilesM * tilesN);
  // Neighbouring workgroups share rows or columns of the larger operand, so that it may come from
  // memory once, and the smaller one from a cache.
  const nFirst = extent(problem.n) <= extent(problem.m);
  const nearest = (tiles: number) => wgslRemainder("group", tiles);
  const next = (inner: number, tiles: number) => wgslRemainder(wgslQuotient("group", inner), tiles);
  // Neighbouring threads read neighbouring addresses of b.
  const kFirst = quads.b.alongK;
  const plane = threads.m * threads.n;
  const inPlane = kFirst
    ? wgslQuotient("thread", threads.k)
    : threads.k === 1
    ? "thread"
    : wgslRemainder("thread", plane);
  const threadK = kFirst ? wgslRemainder("thread", threads.k) : wgslQuotient("thread", plane);
  return [
    `let tile_n = ${nFirst ? nearest(tilesN) : next(tilesM, tilesN)};`,
    `let tile_m = ${nFirst ? next(tilesN, tilesM) : nearest(tilesM)};`,
    ...(splits === 1 ? [] : [`let split = ${wgslRemainder(outer, splits)};`]),
    `let batch = ${wgslQuotient(outer, splits)};`,
    `let thread_n = ${wgslRemainder(inPlane, threads.n)};`,
    `let thread_m = ${wgslQuotient(inPlane, threads.n)};`,
    ...(threads.k === 1 ? [] : [`let thread_k = ${threadK};`]),
    ...units(rows).map((i) => `let row${i} = ${unitStart("m", i, rows, threads.m)};`),
    ...units(columns).map((j) => `let column${j} = ${unitStart("n", j, columns, threads.n)};`),
    `let k_begin = ${splits === 1 ? "0u" : `split * ${chunk}u`};`,
    `let k_end = ${splits === 1 ? `${k}u` : `min(${k}u, k_begin + ${chunk}u)`};`,
    `let batch_a = ${batchOffset(quads.a, "batch")};`,
    `let batch_b = ${batchOffset(quads.b, "batch")};`,
  ];
}

/** The first row or column of a thread's quad. Those of neighbouring threads are neighbours. */
function unitStart(axis: "m" | "n", unit: number, count: number, threads: number): string {
  const width = Math.min(count, 4);
  const inTile = wgslSum(`${unit * threads}u`, `thread_${axis}`);
  return `tile_${axis} * ${count * threads}u + ${wgslProduct(inTile, width)}`;
}

/** Stores what lies within c. */
function storeSums(problem: Contraction, tiling: WebgpuTiling, name: string): string[] {
  const { rows, columns, threads } = tiling;
  const [m, n] = [problem.m, problem.n].map(extent);
  const width = Math.min(columns, 4);
  const isWholeM = m % (rows * threads.m) === 0;
  // Columns that are no multiple of the width are guarded one by one.
  const isWholeN = n % (columns * threads.n) === 0 || n % width > 0;
  const lines = sumNames(tiling).flatMap((sums, r) => {
    const row = wgslSum(`row${r >> 2}`, `${r & 3}u`);
    const stores = sums.flatMap((sum, j) => {
      const column = `column${j}`;
      const store = storeRow(problem, name, tiling, { row, column, sum, width });
      return isWholeN ? store : block(store, `if (${column} < ${n}u)`);
    });
    return isWholeM ? stores : block(stores, `if (${row} < ${m}u)`);
  });
  return threads.k === 1 ? lines : block(lines, "if (thread_k == 0u)");
}
