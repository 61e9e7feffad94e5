/**
 * Speed of kernel programs on one core over a million elements, beside a copy by TypedArray.set:
 *
 *     deno run --v8-flags=--no-liftoff,--no-wasm-lazy-compilation tests/bench/loops.ts
 */

import { sizeOf } from "../../graph/ir/tensor.ts";
import { loopKernel } from "../../kernels/lang/loop_kernel.ts";
import { callOfCase } from "../kernels/lang/_run_program.ts";
import { loadWasmKernel } from "../kernels/_run_wasm_kernel.ts";
import { LOOP_CASES, LOOP_ELEMENTS as N, operandsFor } from "./_loop_cases.ts";

const RUNS = 50;

/** Milliseconds of the fastest of several runs, after as many to warm up. */
function time(run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < 2 * RUNS; i++) {
    const start = performance.now();
    run();
    if (i >= RUNS) best = Math.min(best, performance.now() - start);
  }
  return best;
}

function report(name: string, milliseconds: number, bytes: number) {
  const elements = (N / milliseconds / 1e6).toFixed(2).padStart(6);
  const bandwidth = (bytes / milliseconds / 1e6).toFixed(1).padStart(6);
  console.log(`${name.padEnd(26)}${elements} G elements/s ${bandwidth} GB/s`);
}

const source = new Float32Array(N).fill(1);
const target = new Float32Array(N);
report("copy by TypedArray.set", time(() => target.set(source)), 8 * N);
for (const [name, example] of Object.entries(LOOP_CASES)) {
  const call = callOfCase(example);
  const inputs = operandsFor(call);
  const sizes = call.outputs.map(sizeOf);
  const loaded = loadWasmKernel(loopKernel(call, ...example.programs).wasm(), inputs, sizes);
  const elements = [...inputs.map((input) => input.length), ...sizes].reduce((a, b) => a + b, 0);
  report(name, time(() => loaded.launch(1)), 4 * elements);
}
