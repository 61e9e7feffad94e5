import assert from "node:assert/strict";
import type { WebgpuKernel } from "../../../graph/ir/kernel.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { type Axis, type Contraction, extent } from "../../../kernels/matmul/contraction.ts";
import { runWebgpuKernel } from "../../webgpu.ts";

/** Runs a matmul kernel on operands a and b; `bindings` as it was emitted for. */
export async function runWebgpuMatmul(
  kernel: WebgpuKernel,
  [a, b]: readonly Float32Array[],
  size: number,
  bindings: readonly number[] = [0, 1, 2],
): Promise<Float32Array> {
  const inputs = [a, b].map((data) => ({ type: tensor({ size: data.length }), data }));
  const outputs = [tensor({ size })];
  const [c] = await runWebgpuKernel({ kernel, bindings, inputs, outputs });
  return c as Float32Array;
}

/** The result of a contraction in double precision, by its definition. */
export function contract(problem: Contraction, [a, b]: readonly Float32Array[]): Float64Array {
  const groups = [problem.batch, problem.m, problem.n, problem.k];
  const c = new Float64Array(groups.slice(0, 3).map(extent).reduce((x, y) => x * y));
  const visit = (axes: readonly Axis[], i: number, j: number, at: number) => {
    if (axes.length === 0) {
      c[at] += a[i] * b[j];
      return;
    }
    const [{ size, ...stride }, ...rest] = axes;
    for (let x = 0; x < size; x++) {
      visit(rest, i + x * stride.a, j + x * stride.b, at + x * stride.c);
    }
  };
  visit(groups.flat(), 0, 0, 0);
  return c;
}

/** Fails where an element is further from the truth than 1e-5 of the largest magnitude. */
export function assertContracted(found: Float32Array, expected: Float64Array, what: string) {
  assert.equal(found.length, expected.length);
  const allowed = 1e-5 * expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const wrong = expected.findIndex((value, i) => !(Math.abs(found[i] - value) <= allowed));
  if (wrong >= 0) assert.fail(`${what}: [${wrong}] is ${found[wrong]}, not ${expected[wrong]}`);
}
