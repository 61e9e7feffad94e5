import assert from "node:assert/strict";
import type { WasmKernel } from "../../graph/ir/kernel.ts";
import { linkWasm } from "../../runtime/link_wasm.ts";

const GUARD = 64;
const PAGE = 65536;

/** A kernel with its tensors in memory, ready to be launched many times. */
export interface LoadedKernel {
  /** Runs every phase, the units split over `threads` one after the other. */
  launch(threads: number): void;
  /** Views of the results. */
  readonly outputs: readonly Float32Array[];
  /** Fails if anything but the results and the scratch memory was written. */
  checkGuards(): void;
}

/**
 * Compiles the kernel and puts its tensors into a memory, each at a multiple of 16 bytes and padded
 * to 16. Guard bytes follow what may be written; behind the last input the memory ends, so
 * that reading more than three floats past it is a trap.
 */
export function loadWasmKernel(
  kernel: WasmKernel,
  inputs: readonly Float32Array[],
  outputSizes: readonly number[],
): LoadedKernel {
  const padded = (bytes: number) => Math.ceil(bytes / 16) * 16;
  let top = GUARD;
  const guards: number[] = [0];
  const place = (bytes: number) => {
    const at = top;
    top += padded(bytes);
    guards.push(top);
    top += GUARD;
    return at;
  };
  const outputsAt = outputSizes.map((size) => place(4 * size));
  const scratch = place(kernel.scratchBytes);
  const threadScratch = place(kernel.threadScratchBytes);
  const inputBytes = inputs.reduce((sum, { byteLength }) => sum + padded(byteLength), 0);
  const pages = Math.ceil((top + inputBytes + 16) / PAGE);
  let next = pages * PAGE - 16 - inputBytes;
  const inputsAt = inputs.map(({ byteLength }) =>
    (next += padded(byteLength)) - padded(byteLength)
  );
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  // NaN everywhere: whatever is read without being written shows.
  new Uint8Array(memory.buffer).fill(0xff);
  inputs.forEach((input, i) => new Float32Array(memory.buffer, inputsAt[i]).set(input));
  const codes = kernel.phases.map(({ code }) => code);
  const bytes = linkWasm(codes, { pages, maximum: pages }) as Uint8Array<ArrayBuffer>;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const pointers = [...inputsAt, ...outputsAt, scratch, threadScratch];
  return {
    launch(threads) {
      kernel.phases.forEach(({ units }, phase) => {
        const run = instance.exports[`f${phase}`] as (...args: number[]) => void;
        for (let thread = 0; thread < threads; thread++) {
          const [begin, end] = [thread, thread + 1].map((t) => Math.floor(units * t / threads));
          if (begin < end) run(...pointers, begin, end);
        }
      });
    },
    outputs: outputSizes.map((size, i) => new Float32Array(memory.buffer, outputsAt[i], size)),
    checkGuards() {
      for (const at of guards) {
        const bytes = new Uint8Array(memory.buffer, at, GUARD);
        assert.ok(bytes.every((byte) => byte === 0xff), `bytes written in the guard at ${at}`);
      }
      inputs.forEach((input, i) => {
        const now = new Float32Array(memory.buffer, inputsAt[i], input.length);
        assert.deepEqual(now, input, `input ${i} was written`);
      });
    },
  };
}
