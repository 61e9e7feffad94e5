/** Where a thread's sums go: to c, or to scratch in parts that a second phase adds up. */

import type { WebgpuPhase } from "../../graph/ir/kernel.ts";
import { operandName, type WgslElement, wgslPhase, wgslScratchBytes } from "../lang/wgsl_shader.ts";
import { LANES } from "./_wgsl_quads.ts";
import { wgslOffset, wgslQuotient, wgslSum, wgslTerms } from "./_wgsl_offset.ts";
import { type Contraction, extent } from "./contraction.ts";
import type { WebgpuTiling } from "./webgpu_tiling.ts";

const THREADS = 256;

/** True if c can be written by vec4 along n. */
function hasVectorResult({ batch, m, n }: Contraction): boolean {
  const last = n.at(-1);
  return last !== undefined && last.c === 1 && last.size % 4 === 0 &&
    [...batch, ...m, ...n].every((axis) => axis === last || axis.c % 4 === 0);
}

/** What c, or scratch for its parts, is taken for by threads with `columns` columns. */
export function resultElement(
  problem: Contraction,
  { columns, splits }: Pick<WebgpuTiling, "columns" | "splits">,
): WgslElement {
  if (columns % 4 !== 0) return "f32";
  const vector = splits > 1 ? extent(problem.n) % 4 === 0 : hasVectorResult(problem);
  return vector ? "vec4<f32>" : "f32";
}

/** Size of the scratch for the parts of a result. */
export function partBytes(problem: Contraction, splits: number): number {
  return splits === 1 ? 0 : wgslScratchBytes(splits * resultSize(problem));
}

function resultSize({ batch, m, n }: Contraction): number {
  return extent(batch) * extent(m) * extent(n);
}

/** Statements that store one row's sums of up to four columns; both are expressions. */
export interface RowStore {
  readonly row: string;
  readonly column: string;
  readonly sum: string;
  readonly width: number;
}

/** Stores into c, or into part `split` of scratch; columns past the last one are left out. */
export function storeRow(
  problem: Contraction,
  name: string,
  tiling: WebgpuTiling,
  { row, column, sum, width }: RowStore,
): string[] {
  const { splits } = tiling;
  const [m, n] = [problem.m, problem.n].map(extent);
  const vector = resultElement(problem, tiling) === "vec4<f32>";
  const unit = vector ? 4 : 1;
  const batch = splits > 1 ? `split * ${extent(problem.batch)}u + batch` : "batch";
  const at = (index: string) =>
    splits > 1
      ? `((${batch}) * ${m}u + ${row}) * ${n / unit}u + ${wgslQuotient(index, unit)}`
      : wgslTerms(
        wgslOffset(problem.batch, "c", "batch", unit),
        wgslOffset(problem.m, "c", row, unit),
        wgslOffset(problem.n, "c", index, unit),
      );
  if (vector) return [`${name}[${at(column)}] = ${sum};`];
  return LANES.slice(0, width).map((lane, i) => {
    const index = wgslSum(column, `${i}u`);
    const store = `${name}[${at(index)}] = ${width === 1 ? sum : `${sum}.${lane}`};`;
    return n % width === 0 ? store : `if (${index} < ${n}u) { ${store} }`;
  });
}

/** The phase that adds up the parts in scratch, in order. */
export function addParts(
  problem: Contraction,
  splits: number,
  bindings: readonly number[],
): WebgpuPhase {
  const [batch, m, n] = [problem.batch, problem.m, problem.n].map(extent);
  const vector = hasVectorResult(problem);
  const unit = vector ? 4 : 1;
  const size = batch * m * n / unit;
  const element = vector ? "vec4<f32>" : "f32";
  const groups = Math.ceil(size / THREADS);
  const at = wgslTerms(
    wgslOffset(problem.batch, "c", `(part / ${m * n / unit}u)`, unit),
    wgslOffset(problem.m, "c", `(part / ${n / unit}u % ${m}u)`, unit),
    wgslOffset(problem.n, "c", `(part % ${n / unit}u${vector ? " * 4u" : ""})`, unit),
  );
  const body = `  let part = group * ${THREADS}u + thread;
${size % THREADS === 0 ? "" : `  if (part >= ${size}u) { return; }\n`}  var sum = scratch[part];
  for (var split = 1u; split < ${splits}u; split++) {
    sum += scratch[split * ${size}u + part];
  }
  ${operandName(bindings, 2)}[${at}] = sum;
`;
  const elements = [undefined, undefined, element] as const;
  return wgslPhase({
    bindings,
    elements,
    scratch: element,
    threads: THREADS,
    groups,
    iterations: splits,
    body,
  });
}
