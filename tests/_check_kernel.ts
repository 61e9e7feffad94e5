/** Kernels of the wasm engine against references: values, threads, memory they may touch. */

import assert from "node:assert/strict";
import { sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import type { Call, Op } from "../graph/ir/op.ts";
import type { WasmKernel } from "../graph/ir/kernel.ts";
import { type Elements, viewElements } from "../runtime/device.ts";
import { linkWasm } from "../runtime/link_wasm.ts";
import { compareElements } from "./_compare_elements.ts";
import { callOf, referenceOf, type Sample } from "./sample.ts";

const PAGE = 65536;
const ALIGNMENT = 16;
/** Bytes between tensors that nothing may write. */
const GUARD = 64;
/** What memory holds before a kernel runs: a NaN as a float, and no valid index. */
const POISON = 0xff;
/** More threads than most samples have units, so that some get none. */
const THREADS = [1, 2, 5];

/** Runs the kernel of every sample and compares it with the reference. */
export function checkKernel(op: Op, samples: readonly Sample[], tolerance: number) {
  const bodies = new Map<string, string>();
  samples.forEach((sample, s) => {
    const call = callOf(op, sample);
    const expected = referenceOf(op, sample);
    if (op.alias?.(call)) {
      assert.deepEqual(expected, [sample.inputs[0].data], `${op.name} does not alias sample ${s}`);
      return;
    }
    assert.ok(op.kernel, `${op.name} has no kernel, and sample ${s} is no alias`);
    const kernel = op.kernel(call);
    const wasm = kernel.wasm();
    const parameters = call.inputs.length + call.outputs.length + 4;
    for (const { code } of wasm.phases) assert.equal(code.parameters, parameters, "parameters");
    const body = JSON.stringify(wasm.phases.map(({ code, units }) => [[...code.body], units]));
    assert.equal(bodies.get(kernel.key) ?? body, body, `key ${kernel.key} names two kernels`);
    bodies.set(kernel.key, body);

    const [results, ...others] = THREADS.map((threads) => launch(wasm, sample, call, threads));
    for (const other of others) {
      assert.deepEqual(other, results, `bits of sample ${s} depend on the threads`);
    }
    call.outputs.forEach((type, o) => {
      compareElements(results[o], expected[o], type, tolerance, `${op.outputs[o]} of sample ${s}`);
    });
    for (const [output, input] of Object.entries(op.inPlace)) {
      const pair = [op.outputs.indexOf(output), op.inputs.indexOf(input)] as const;
      if (sizeOf(call.outputs[pair[0]]) !== sizeOf(call.inputs[pair[1]])) continue;
      const inPlace = launch(wasm, sample, call, 2, pair);
      assert.deepEqual(inPlace, results, `${output} of sample ${s} cannot overwrite ${input}`);
    }
  });
}

/**
 * Runs the phases of a kernel, the units split over `threads` one after the other, and returns its
 * results. Fails if anything is written but results and scratch. `inPlace` gives an output the
 * memory of an input.
 */
function launch(
  kernel: WasmKernel,
  { inputs }: Sample,
  call: Call,
  threads: number,
  inPlace?: readonly [output: number, input: number],
): Elements[] {
  let top = GUARD;
  const place = (bytes: number) => {
    const at = top;
    top = Math.ceil((at + bytes + GUARD) / ALIGNMENT) * ALIGNMENT;
    return at;
  };
  const inputsAt = inputs.map(({ data }) => place(4 * data.length));
  const outputsAt = call.outputs.map((type, o) =>
    inPlace?.[0] === o ? inputsAt[inPlace[1]] : place(4 * sizeOf(type))
  );
  const scratch = place(kernel.scratchBytes);
  const threadScratch = Array.from({ length: threads }, () => place(kernel.threadScratchBytes));
  const pages = Math.ceil(top / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(POISON);
  inputs.forEach((operand, i) => view(memory, operand.type, inputsAt[i]).set(operand.data));
  const before = bytes.slice();

  const codes = kernel.phases.map(({ code }) => code);
  const linked = linkWasm(codes, { pages, maximum: pages }) as Uint8Array<ArrayBuffer>;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(linked), { env: { memory } });
  kernel.phases.forEach(({ units }, phase) => {
    const run = exports[`f${phase}`] as (...args: number[]) => void;
    for (let thread = 0; thread < threads; thread++) {
      const [begin, end] = [thread, thread + 1].map((n) => Math.floor(units * n / threads));
      if (begin === end) continue;
      run(...inputsAt, ...outputsAt, scratch, threadScratch[thread], begin, end);
    }
  });

  const results = call.outputs.map((type, o) => view(memory, type, outputsAt[o]).slice());
  // Whatever the kernel may write is put back; then nothing must have changed.
  const restore = (at: number, length: number) => bytes.set(before.subarray(at, at + length), at);
  call.outputs.forEach((type, o) => restore(outputsAt[o], 4 * sizeOf(type)));
  restore(scratch, kernel.scratchBytes);
  for (const at of threadScratch) restore(at, kernel.threadScratchBytes);
  const changed = bytes.findIndex((byte, at) => byte !== before[at]);
  assert.equal(changed, -1, `${call.op.name} wrote at ${changed}, outside its results`);
  return results;
}

function view(memory: WebAssembly.Memory, type: TensorType, at: number): Elements {
  return viewElements(memory.buffer, type.dtype, at, sizeOf(type));
}
