/** The loop over k of a matmul shader whose threads read the operands where they are. */

import { wgslSum, wgslTerms } from "./_wgsl_offset.ts";
import { block, type Loop, named, type ShaderPart, units } from "./_wgsl_parts.ts";
import { multiplySteps, range } from "./_wgsl_product.ts";
import { kOffsets, loadQuad, rowOffsets } from "./_wgsl_quads.ts";
import { extent } from "./contraction.ts";

/** Adds up this thread's part of k. */
export function directLoop({ problem, tiling, quads, names }: Loop): ShaderPart {
  const { rows, columns, threads, depth } = tiling;
  const body: string[] = [];
  /** Offsets of each quad's rows or columns, which stay the same along k. */
  const places = (operand: "a" | "b", count: number, first: string): string[][] => {
    const starts = quads[operand].alongK
      ? range(count).map((r) => wgslSum(`${first}${r >> 2}`, `${r & 3}u`))
      : units(count).map((unit) => `${first}${unit}`);
    return starts.map((row, i) => {
      const offsets = rowOffsets(quads[operand], row).map((at) =>
        wgslTerms(`batch_${operand}`, at)
      );
      const [own, lines] = named(`${operand}_row${i}`, offsets);
      body.push(...lines);
      return own;
    });
  };
  const rowsAt = { a: places("a", rows, "row"), b: places("b", columns, "column") };
  const shape = { rows, columns, alongK: { a: quads.a.alongK, b: quads.b.alongK } };
  const steps = (q: number, count: number) => {
    const k = wgslSum("k", `${4 * q}u`);
    const [aNames, aLines] = named("a_k", kOffsets(quads.a, k));
    const [bNames, bLines] = named("b_k", kOffsets(quads.b, k));
    const ksAt = { a: aNames, b: bNames };
    const products = multiplySteps(
      shape,
      count,
      (operand, unit, step) =>
        loadQuad(quads[operand], names[operand], {
          row: rowsAt[operand][unit],
          k: ksAt[operand],
          step,
          count,
        }),
    );
    return block([...aLines.slice(0, count), ...bLines.slice(0, count), ...products]);
  };
  const allSteps = (count: number) =>
    range(Math.ceil(count / 4)).flatMap((q) => steps(q, Math.min(4, count - 4 * q)));
  const k = extent(problem.k);
  body.push(`var k = k_begin${threads.k > 1 ? ` + thread_k * ${depth}u` : ""};`);
  if (k >= depth) {
    const head = `for (; k + ${depth}u <= k_end; k += ${depth * threads.k}u)`;
    body.push(...block(allSteps(depth), head));
  }
  // Whoever has the end of k is left with less than a turn.
  if (k % depth > 0) body.push(...block(allSteps(k % depth), "if (k < k_end)"));
  return { shared: [], body };
}
