/** Adds up what the threads of a row have, in a tree over workgroup memory. */

import { bindValue, hold } from "./wgsl_values.ts";
import type { Reduction } from "./stages.ts";
import type { WgslEmission } from "./wgsl_emission.ts";
import { combineText } from "./wgsl_operation.ts";
import type { RowGrid } from "./wgsl_row_grid.ts";
import type { WgslSharedArray } from "./wgsl_shader.ts";

/**
 * Turns the sums of threads (vectors in `e.width` elements) into those of rows, which all of the
 * row's threads then have, and binds them. Arrays in workgroup memory go to `shared`: each
 * reduction has one of its own, so that no barrier is needed before the next.
 */
export function finishReductions(
  e: WgslEmission,
  { perRow, together, threads, isColumns }: RowGrid,
  reductions: readonly Reduction[],
  sums: readonly string[],
  shared: WgslSharedArray[],
) {
  const own = reductions.map(({ node: { op, type } }, i) => {
    if (e.width === 1) return sums[i];
    const [x, y, z, w] = ["x", "y", "z", "w"].map((element) => `${sums[i]}.${element}`);
    const [left, right] = [combineText(op, type, x, y), combineText(op, type, z, w)]
      .map((text) => hold(e, text));
    return hold(e, combineText(op, type, left, right));
  });
  if (perRow === 1) {
    // A copy: the variable of a sum is no value.
    reductions.forEach(({ node }, i) => bindValue(e, node, own[i]));
    return;
  }
  const arrays = reductions.map(({ node: { type } }, i) => {
    const name = e.lines.fresh("shared");
    shared.push({ name, element: type, count: threads });
    e.lines.add(`${name}[thread] = ${own[i]};`);
    return name;
  });
  if (arrays.length === 0) return;
  const stride = isColumns ? together : 1;
  const head = `for (var reach = ${perRow / 2}u; reach > 0u; reach /= 2u)`;
  e.lines.loop(head, Math.log2(perRow), () => {
    e.lines.add("workgroupBarrier();");
    e.lines.block("if (lane < reach)", () => {
      const other = stride === 1 ? "thread + reach" : `thread + reach * ${stride}u`;
      reductions.forEach(({ node: { op, type } }, i) => {
        const [a, b] = [`${arrays[i]}[thread]`, `${arrays[i]}[${other}]`];
        e.lines.add(`${arrays[i]}[thread] = ${combineText(op, type, a, b)};`);
      });
    });
  });
  e.lines.add("workgroupBarrier();");
  const first = stride === 1 ? "thread - lane" : `thread - lane * ${stride}u`;
  reductions.forEach(({ node }, i) => bindValue(e, node, `${arrays[i]}[${first}]`));
}
