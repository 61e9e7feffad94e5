/**
 * Kernels of the webgpu engine against references: values, shared memory, memory they may touch.
 */

import assert from "node:assert/strict";
import type { Kernel, WebgpuKernel } from "../graph/ir/kernel.ts";
import type { Call, Op } from "../graph/ir/op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { compareElements } from "./_compare_elements.ts";
import { bindingsOf } from "../runtime/webgpu/launch_list.ts";
import { callOf, referenceOf, type Sample } from "./sample.ts";
import { type KernelRun, runWebgpuKernels } from "./webgpu.ts";

/** Storage buffers that a launch can have on every device. */
const MOST_BUFFERS = 8;

/** A run of a kernel, and what must come out. */
interface Expectation {
  readonly run: KernelRun;
  readonly expected: readonly Float64Array[];
  readonly call: Call;
  readonly what: string;
}

/**
 * Runs the kernel of every sample, all in one submission, and compares it with the reference: with
 * memory of its own for each operand, with outputs in the memory of inputs where the op allows it,
 * and with one tensor for two operands of the same type. Where the op works in place, which plans
 * prefer, a launch may need more buffers without than every device has: that is left out.
 */
export async function checkWebgpuKernel(
  op: Op,
  samples: readonly Sample[],
  tolerance: number,
) {
  const codes = new Map<string, string>();
  const expectations = samples.flatMap((sample, s) => {
    const call = callOf(op, sample);
    if (op.alias?.(call)) return [];
    const kernel = op.kernel?.(call);
    assert.ok(kernel, `${op.name} has no kernel, and sample ${s} is no alias`);
    return variantsOf(op, sample, call).flatMap((variant): Expectation[] => {
      const { sample, bindings, what, isInPlace } = variant;
      const emitted = emit(kernel, bindings);
      const buffers = emitted.phases.map(({ code }) => bindingsOf(code).length);
      const isSpared = !isInPlace && Object.keys(op.inPlace).length > 0;
      if (isSpared && Math.max(...buffers) > MOST_BUFFERS) return [];
      const key = `${kernel.key} ${bindings}`;
      const code = JSON.stringify(emitted);
      assert.equal(codes.get(key) ?? code, code, `key ${kernel.key} names two kernels`);
      codes.set(key, code);
      return [{
        run: { kernel: emitted, bindings, inputs: sample.inputs, outputs: call.outputs },
        expected: referenceOf(op, sample),
        call,
        what: `sample ${s}${what}`,
      }];
    });
  });
  const results = await runWebgpuKernels(expectations.map(({ run }) => run));
  expectations.forEach(({ expected, call, what }, i) => {
    call.outputs.forEach((type, o) => {
      compareElements(results[i][o], expected[o], type, tolerance, `${op.outputs[o]} of ${what}`);
    });
  });
}

/** The code for these bindings, which it must not depend on what was asked for before. */
function emit(kernel: Kernel, bindings: readonly number[]): WebgpuKernel {
  const emitted = kernel.webgpu(bindings);
  assert.deepEqual(kernel.webgpu(bindings), emitted);
  return emitted;
}

/** A sample, and which of its operands share memory. */
interface Variant {
  readonly sample: Sample;
  readonly bindings: readonly number[];
  readonly isInPlace: boolean;
  readonly what: string;
}

function variantsOf(op: Op, sample: Sample, call: Call): Variant[] {
  const count = call.inputs.length + call.outputs.length;
  const own = Array.from({ length: count }, (_, i) => i);
  const variants: Variant[] = [{ sample, bindings: own, isInPlace: false, what: "" }];
  const pairs = Object.entries(op.inPlace).map(([output, input]) => (
    { from: op.inputs.indexOf(input), to: call.inputs.length + op.outputs.indexOf(output) }
  )).filter(({ from, to }) =>
    sizeOf(call.inputs[from]) === sizeOf(call.outputs[to - call.inputs.length])
  );
  const overwriting = own.map((operand) => pairs.find(({ to }) => to === operand)?.from ?? operand);
  if (pairs.length > 0) {
    variants.push({ sample, bindings: dense(overwriting), isInPlace: true, what: " in place" });
  }
  // The first two operands of one type as one tensor.
  const twin =
    own.slice(0, call.inputs.length).flatMap((b) =>
      own.slice(0, b).filter((a) =>
        JSON.stringify(call.inputs[a]) === JSON.stringify(call.inputs[b])
      ).map((a) => ({ a, b }))
    )[0];
  if (!twin) return variants;
  const { a, b } = twin;
  const doubled = { ...sample, inputs: sample.inputs.with(b, sample.inputs[a]) };
  const what = ` with input ${b} the same as ${a}`;
  variants.push({ sample: doubled, bindings: dense(own.with(b, a)), isInPlace: false, what });
  const isOverwritten = pairs.some(({ from }) => from === a || from === b);
  if (isOverwritten) {
    const both = overwriting.map((operand) => operand === b ? a : operand);
    const text = `${what}, in place`;
    variants.push({ sample: doubled, bindings: dense(both), isInPlace: true, what: text });
  }
  return variants;
}

/** Numbers for the same memories, from 0 without gaps. */
function dense(memories: readonly number[]): number[] {
  const used = [...new Set(memories)];
  return memories.map((memory) => used.indexOf(memory));
}
