/** Counts the loop iterations of shaders while they run. */

import assert from "node:assert/strict";
import type { WebgpuKernel, WebgpuPhase } from "../../graph/ir/kernel.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import type { Elements } from "../../runtime/device.ts";
import { type KernelRun, runWebgpuKernel } from "../webgpu.ts";

/**
 * What a run gave, and the iterations of the invocation of each phase that had most, as
 * `LOOP_LIMIT` counts.
 */
export interface CountedRun {
  readonly outputs: readonly Elements[];
  readonly iterations: readonly number[];
}

/**
 * Runs a kernel that counts: its counts are one more operand, whose binding comes before scratch.
 */
export async function countIterations(run: KernelRun): Promise<CountedRun> {
  const { kernel, bindings, inputs, outputs } = run;
  const binding = Math.max(...bindings) + 1;
  const counts = tensor({ phases: kernel.phases.length }, "u32");
  const counting: WebgpuKernel = {
    ...kernel,
    phases: kernel.phases.map((phase, i) => ({ ...phase, code: countingCode(phase, binding, i) })),
  };
  const results = await runWebgpuKernel({
    kernel: counting,
    bindings: [
      ...bindings.slice(0, inputs.length),
      binding,
      ...bindings.slice(inputs.length),
      binding,
    ],
    inputs: [...inputs, { type: counts, data: kernel.phases.map(() => 0) }],
    outputs: [...outputs, counts],
  });
  return { outputs: results.slice(0, -1), iterations: [...results.at(-1)!] };
}

/**
 * A shader that stores in element `phase` of `binding` what the invocation with most loops counted.
 */
function countingCode({ code }: WebgpuPhase, binding: number, phase: number): string {
  const loop = /^( *)((?:for|while) \(.*\) \{)$/gm;
  const loops = [...code.matchAll(loop)].length;
  assert.equal([...code.matchAll(/\b(for|while|loop)\b/g)].length, loops, `a loop of\n${code}`);
  const declarations =
    `@group(0) @binding(${binding}) var<storage, read_write> counts: array<atomic<u32>>;
var<private> iterations = 0u;
`;
  const body = code
    .replace(
      `@binding(${binding}) var<storage, read_write> scratch`,
      (text) => text.replace(`${binding}`, `${binding + 1}`),
    )
    // Each entry of a loop is left once.
    .replace(loop, "$1iterations++;\n$1$2\n$1  iterations++;")
    .replace(/\}\n$/, `  atomicMax(&counts[${phase}u], iterations);\n}\n`);
  return declarations + body;
}
