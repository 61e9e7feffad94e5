/**
 * Matrix multiplication on a GPU with a block of c in the registers of each thread, for any strides.
 * Operands are read directly, or by way of shared memory; k may be split over the threads of a
 * workgroup, and over workgroups.
 */

import type { WebgpuKernel } from "../../graph/ir/kernel.ts";
import { operandName, type WgslElement, wgslPhase } from "../lang/wgsl_shader.ts";
import { wgslQuotient, wgslRemainder, wgslSum } from "./_wgsl_offset.ts";
import { multiplySteps, range, sumNames, sumType } from "./_wgsl_product.ts";
import { batchOffset, kOffsets, loadQuad, type Quads, quadsOf, rowOffsets } from "./_wgsl_quads.ts";
import { addParts, partBytes, resultElement, storeRow } from "./_wgsl_store.ts";
import { type Contraction, extent } from "./contraction.ts";
import { chooseWebgpuTiling, type WebgpuTiling } from "./webgpu_tiling.ts";

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
  const shader = tiling.staged
    ? stagedLoop(problem, tiling, quads, names)
    : directLoop(problem, tiling, quads, names);
  const reduction = addThreads(tiling);
  const sums = sumNames(tiling);
  const body = [
    ...position(problem, tiling, tilesM, tilesN, quads),
    ...sums.flat().map((sum) => `var ${sum} = ${sumType(columns)}();`),
    ...shader.body,
    ...reduction.body,
    ...storeSums(problem, tiling, names.c),
  ];
  const phase = wgslPhase({
    bindings,
    elements,
    ...(splits > 1 ? { scratch: result } : {}),
    threads: threads.m * threads.n * threads.k,
    groups: tilesM * tilesN * splits * extent(problem.batch),
    declarations: shader.declarations + reduction.declarations,
    body: indent(body),
  });
  return {
    phases: splits > 1 ? [phase, addParts(problem, splits, bindings)] : [phase],
    scratchBytes: partBytes(problem, splits),
  };
}

/** How each operand is read, one or both by single elements where they share a binding and differ. */
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
  tilesM: number,
  tilesN: number,
  quads: Readonly<Record<"a" | "b", Quads>>,
): string[] {
  const k = extent(problem.k);
  const turn = depth * threads.k;
  const chunk = Math.ceil(k / splits / turn) * turn;
  const outer = wgslQuotient("group", tilesM * tilesN);
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
    `let tile_n = ${wgslRemainder("group", tilesN)};`,
    `let tile_m = ${wgslRemainder(wgslQuotient("group", tilesN), tilesM)};`,
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

/** The quads of rows or columns of a thread; one part where it has fewer than four. */
function units(count: number): number[] {
  return range(Math.ceil(count / 4));
}

/** The first row or column of a thread's quad. Those of neighbouring threads are neighbours. */
function unitStart(axis: "m" | "n", unit: number, count: number, threads: number): string {
  const width = Math.min(count, 4);
  const inTile = unit === 0 ? `thread_${axis}` : `(${unit * threads}u + thread_${axis})`;
  return `tile_${axis} * ${count * threads}u + ${inTile} * ${width}u`;
}

interface Part {
  readonly declarations: string;
  readonly body: readonly string[];
}

type Names = Readonly<Record<"a" | "b" | "c", string>>;

/** Names of a quad's offsets, with the statements that compute them. */
function named(prefix: string, offsets: readonly string[]): [string[], string[]] {
  const names = offsets.map((_, i) => offsets.length === 1 ? prefix : `${prefix}_${i}`);
  return [names, names.map((name, i) => `let ${name} = ${offsets[i]};`)];
}

/** Adds up this thread's part of k, reading the operands where they are. */
function directLoop(
  problem: Contraction,
  { rows, columns, threads, depth }: WebgpuTiling,
  quads: Readonly<Record<"a" | "b", Quads>>,
  names: Names,
): Part {
  const body: string[] = [];
  const pointers = { a: [] as string[][], b: [] as string[][] };
  for (const operand of ["a", "b"] as const) {
    const count = operand === "a" ? rows : columns;
    const { alongK } = quads[operand];
    const start = (unit: number) => `${operand === "a" ? "row" : "column"}${unit}`;
    const starts = alongK
      ? range(count).map((r) => r % 4 === 0 ? start(r >> 2) : `(${start(r >> 2)} + ${r & 3}u)`)
      : units(count).map(start);
    starts.forEach((row, i) => {
      const offsets = rowOffsets(quads[operand], row).map((at) => wgslSum(`batch_${operand}`, at));
      const [own, lines] = named(`${operand}_row${i}`, offsets);
      pointers[operand].push(own);
      body.push(...lines);
    });
  }
  const steps = (q: number, count: number) => {
    const [aNames, aLines] = named("a_k", kOffsets(quads.a, q === 0 ? "k" : `(k + ${4 * q}u)`));
    const [bNames, bLines] = named("b_k", kOffsets(quads.b, q === 0 ? "k" : `(k + ${4 * q}u)`));
    const ks = { a: aNames, b: bNames };
    const alongK = { a: quads.a.alongK, b: quads.b.alongK };
    return [
      "{",
      ...indented([
        ...aLines.slice(0, count),
        ...bLines.slice(0, count),
        ...multiplySteps(
          { rows, columns, alongK },
          count,
          (operand, unit, step) =>
            loadQuad(
              quads[operand],
              names[operand],
              pointers[operand][unit],
              ks[operand],
              step,
              count,
            ),
        ),
      ]),
      "}",
    ];
  };
  const k = extent(problem.k);
  const turn = depth * threads.k;
  const rest = k % depth;
  body.push(`var k = k_begin${threads.k > 1 ? ` + thread_k * ${depth}u` : ""};`);
  if (k >= depth) {
    body.push(
      `for (; k + ${depth}u <= k_end; k += ${turn}u) {`,
      ...indented(range(depth / 4).flatMap((q) => steps(q, 4))),
      "}",
    );
  }
  if (rest > 0) {
    body.push(
      "if (k < k_end) {",
      ...indented(range(Math.ceil(rest / 4)).flatMap((q) => steps(q, Math.min(4, rest - 4 * q)))),
      "}",
    );
  }
  return { declarations: "", body };
}

/** Adds up k, a slice of both operands at a time copied to shared memory by all threads together. */
function stagedLoop(
  problem: Contraction,
  { rows, columns, threads, depth }: WebgpuTiling,
  quads: Readonly<Record<"a" | "b", Quads>>,
  names: Names,
): Part {
  const body: string[] = [];
  const declarations: string[] = [];
  const count = threads.m * threads.n;
  const copies = (["a", "b"] as const).map((operand) => {
    const [width, axis] = operand === "a" ? [rows * threads.m, "m"] : [columns * threads.n, "n"];
    const { alongK } = quads[operand];
    // Rows of quads along k are two quads apart more than they are long: no two threads that write
    // at once meet in a bank.
    const pitch = alongK ? width + 2 : width / 4;
    const size = alongK ? pitch * depth / 4 : pitch * depth;
    declarations.push(`var<workgroup> tile_${operand}: array<vec4<f32>, ${size}>;\n`);
    const total = width * depth / 4;
    const across = alongK ? depth / 4 : width / 4;
    const slots = range(Math.ceil(total / count)).map((s) => {
      const slot = s === 0 ? "thread" : `(thread + ${s * count}u)`;
      const [inner, outer] = [`${slot} % ${across}u`, `${slot} / ${across}u`];
      const row = `(tile_${axis} * ${width}u + ${alongK ? outer : `${inner} * 4u`})`;
      const [own, lines] = named(
        `${operand}_from${s}`,
        rowOffsets(quads[operand], row).map((at) => wgslSum(`batch_${operand}`, at)),
      );
      body.push(
        ...lines,
        `let ${operand}_step${s} = ${alongK ? `${inner} * 4u` : outer};`,
        `let ${operand}_to${s} = ${
          alongK ? `(${inner}) * ${pitch}u + ${outer}` : `(${outer}) * ${pitch}u + ${inner}`
        };`,
      );
      return own;
    });
    return { operand, pitch, slots, total };
  });
  const copy = (clamp: boolean) =>
    copies.flatMap(({ operand, slots, total }) =>
      slots.map((row, s) => {
        const k = `(k + ${operand}_step${s})`;
        const offsets = kOffsets(quads[operand], k, clamp);
        const store = `tile_${operand}[${operand}_to${s}] = ${
          loadQuad(quads[operand], names[operand], row, offsets, 0)
        };`;
        return total % count === 0 ? store : `if (thread + ${s * count}u < ${total}u) { ${store} }`;
      })
    );
  const local = (axis: "m" | "n", unit: number) => `${unit * threads[axis]}u + thread_${axis}`;
  const multiply = (steps: number) =>
    range(Math.ceil(steps / 4)).flatMap((q) => [
      "{",
      ...indented(
        multiplySteps(
          { rows, columns, alongK: { a: quads.a.alongK, b: quads.b.alongK } },
          Math.min(4, steps - 4 * q),
          (operand, unit, step) => {
            const { pitch } = copies[operand === "a" ? 0 : 1];
            const axis = operand === "a" ? "m" : "n";
            const width = Math.min(4, operand === "a" ? rows : columns);
            return quads[operand].alongK
              ? `tile_${operand}[${q * pitch + (unit & 3)}u + (${
                local(axis, unit >> 2)
              }) * ${width}u]`
              : `tile_${operand}[${(4 * q + step) * pitch}u + ${local(axis, unit)}]`;
          },
        ),
      ),
      "}",
    ]);
  const turn = (clamp: boolean, steps: number) => [
    ...copy(clamp),
    "workgroupBarrier();",
    ...multiply(steps),
    "workgroupBarrier();",
  ];
  const k = extent(problem.k);
  body.push("var k = k_begin;");
  if (k >= depth) {
    body.push(
      `for (; k + ${depth}u <= k_end; k += ${depth}u) {`,
      ...indented(turn(false, depth)),
      "}",
    );
  }
  if (k % depth > 0) body.push("if (k < k_end) {", ...indented(turn(true, k % depth)), "}");
  return { declarations: declarations.join(""), body };
}

/** Adds up the sums of the threads that share a block of c, in a tree over shared memory. */
function addThreads({ rows, columns, threads }: WebgpuTiling): Part {
  if (threads.k === 1) return { declarations: "", body: [] };
  const sums = sumNames({ rows, columns }).flat();
  const plane = threads.m * threads.n;
  const size = sums.length * plane * threads.k / 2;
  const body: string[] = [`let lane = thread_m * ${threads.n}u + thread_n;`];
  for (let half = threads.k / 2; half >= 1; half /= 2) {
    const slot = (from: string, i: number) =>
      `partial[${i * plane * half}u + ${from} * ${plane}u + lane]`;
    body.push(
      `if (thread_k >= ${half}u && thread_k < ${2 * half}u) {`,
      ...indented(sums.map((sum, i) => `${slot(`(thread_k - ${half}u)`, i)} = ${sum};`)),
      "}",
      "workgroupBarrier();",
      `if (thread_k < ${half}u) {`,
      ...indented(sums.map((sum, i) => `${sum} += ${slot("thread_k", i)};`)),
      "}",
      ...(half > 1 ? ["workgroupBarrier();"] : []),
    );
  }
  const declarations = `var<workgroup> partial: array<${sumType(columns)}, ${size}>;\n`;
  return { declarations, body };
}

/** Stores what lies within c. */
function storeSums(problem: Contraction, tiling: WebgpuTiling, name: string): string[] {
  const { rows, columns, threads } = tiling;
  const [m, n] = [problem.m, problem.n].map(extent);
  const width = Math.min(columns, 4);
  const lines = sumNames(tiling).flatMap((sums, r) => {
    const row = r % 4 === 0 ? `row${r >> 2}` : `(row${r >> 2} + ${r & 3}u)`;
    const stores = sums.flatMap((sum, j) => {
      const column = `column${j}`;
      const store = storeRow(problem, name, tiling, { row, column, sum, width });
      return n % (columns * threads.n) === 0 || n % width > 0
        ? store
        : [`if (${column} < ${n}u) {`, ...indented(store), "}"];
    });
    return m % (rows * threads.m) === 0
      ? stores
      : [`if (${row} < ${m}u) {`, ...indented(stores), "}"];
  });
  return threads.k === 1 ? lines : ["if (thread_k == 0u) {", ...indented(lines), "}"];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function indent(lines: readonly string[]): string {
  return indented(lines).map((line) => `${line}\n`).join("");
}
