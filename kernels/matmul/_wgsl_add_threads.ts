/** The end of a matmul shader whose threads share blocks of c: their sums become one. */

import { block, type ShaderPart } from "./_wgsl_parts.ts";
import { sumNames, sumType } from "./_wgsl_product.ts";
import type { WebgpuTiling } from "./webgpu_tiling.ts";

/** Adds up the sums of the threads that share a block of c, in a tree over shared memory. */
export function addThreads({ rows, columns, threads }: WebgpuTiling): ShaderPart {
  if (threads.k === 1) return { shared: [], body: [] };
  const sums = sumNames({ rows, columns }).flat();
  const plane = threads.m * threads.n;
  const body = [`let lane = thread_m * ${threads.n}u + thread_n;`];
  for (let half = threads.k / 2; half >= 1; half /= 2) {
    const slot = (thread: string, i: number) =>
      `partial[${i * plane * half}u + ${thread} * ${plane}u + lane]`;
    const give = sums.map((sum, i) => `${slot(`(thread_k - ${half}u)`, i)} = ${sum};`);
    const take = sums.map((sum, i) => `${sum} += ${slot("thread_k", i)};`);
    body.push(
      ...block(give, `if (thread_k >= ${half}u && thread_k < ${2 * half}u)`),
      "workgroupBarrier();",
      ...block(take, `if (thread_k < ${half}u)`),
      // What was taken is overwritten next.
      ...(half > 1 ? ["workgroupBarrier();"] : []),
    );
  }
  const size = sums.length * plane * threads.k / 2;
  return { shared: [{ name: "partial", element: sumType(columns), count: size }], body };
}
