/** Matrix multiplication on a GPU, one thread per element of c: the test of the tiled kernel. */

import type { WebgpuKernel } from "../../graph/ir/kernel.ts";
import { operandName, wgslPhase } from "../lang/wgsl_shader.ts";
import { type Contraction, extent } from "./contraction.ts";
import { wgslOffset } from "./_wgsl_offset.ts";

const THREADS = 256;

/**
 * True if one element of c is work enough for a thread, and blocks of them would be mostly edge.
 */
export function suitsPlain({ m, n, k }: Contraction): boolean {
  const depth = extent(k);
  return depth <= 4 || (depth <= 64 && extent(m) * extent(n) <= 16);
}

/**
 * The kernel of a contraction whose result is dense: neighbouring threads have neighbouring
 * elements of it. `swapped` tells that its `a` is the second operand.
 */
export function webgpuPlainMatmul(
  problem: Contraction,
  swapped: boolean,
  bindings: readonly number[],
): WebgpuKernel {
  const { batch, m, n, k } = problem;
  const axes = [...batch, ...m, ...n].sort((x, y) => y.c - x.c);
  const count = extent(axes);
  const groups = Math.ceil(count / THREADS);
  const [a, b] = swapped ? [1, 0] : [0, 1];
  const guard = count % THREADS === 0 ? "" : `  if (element >= ${count}u) { return; }\n`;
  const body = `  let element = group * ${THREADS}u + thread;
${guard}  let row = ${wgslOffset(axes, "a", "element")};
  let column = ${wgslOffset(axes, "b", "element")};
  var sum = 0.0;
  for (var k = 0u; k < ${extent(k)}u; k++) {
    let x = ${operandName(bindings, a)}[row + ${wgslOffset(k, "a", "k")}];
    let y = ${operandName(bindings, b)}[column + ${wgslOffset(k, "b", "k")}];
    sum = fma(x, y, sum);
  }
  ${operandName(bindings, 2)}[element] = sum;
`;
  const elements = ["f32", "f32", "f32"] as const;
  const iterations = extent(k) + 1;
  return {
    phases: [wgslPhase({ bindings, elements, threads: THREADS, groups, iterations, body })],
    scratchBytes: 0,
  };
}
