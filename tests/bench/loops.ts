/**
 * Speed of kernel programs on one core over a million elements, beside a copy by TypedArray.set:
 *
 *     deno run --v8-flags=--no-liftoff,--no-wasm-lazy-compilation tests/bench/loops.ts
 */

import { sizeOf } from "../../graph/ir/tensor.ts";
import { loopKernel } from "../../kernels/lang/loop_kernel.ts";
import { callOfCase, type ProgramCase } from "../kernels/lang/_run_program.ts";
import { loadWasmKernel } from "../kernels/_run_wasm_kernel.ts";

const N = 1 << 20;
const RUNS = 50;

const vector = { n: N };
const matrix = { r: 1024, d: 1024 };
const narrow = { r: 8192, d: 128 };

function map(inputs: ProgramCase["inputs"], body: string, outputs = ["y"]): ProgramCase {
  const signature = Object.values(inputs).map((dims) => "n" in dims ? "N" : "").join(", ");
  return {
    signature: `${signature} -> ${outputs.map(() => "N").join(", ")}`,
    inputs,
    outputs,
    programs: [{ body }],
  };
}

function rows(body: string, dims: { r: number; d: number }): ProgramCase {
  const inputs = { x: dims, weight: { d: dims.d } };
  const programs = [{ over: ["D"], body }];
  return { signature: "R D, D -> R D", inputs, outputs: ["y"], programs };
}

const SOFTMAX = "e = exp(x - max_over(x))\ny = e / sum_over(e)";

const CASES: Readonly<Record<string, ProgramCase>> = {
  add: map({ a: vector, b: vector }, "y = a + b"),
  adamw: map(
    { p: vector, g: vector, m: vector, v: vector, lr: {}, c1: {}, c2: {} },
    `
      new_m = flush(0.9 * m + 0.1 * g)
      new_v = flush(0.99 * v + 0.01 * g * g)
      new_p = p * (1 - lr * 0.1) - lr / c1 * new_m / (sqrt(new_v * (1 / c2)) + 1e-8)
    `,
    ["new_p", "new_m", "new_v"],
  ),
  "silu(gate) * up": map({ gate: vector, up: vector }, "y = silu(gate) * up"),
  exp: map({ x: vector }, "y = exp(x)"),
  tanh: map({ x: vector }, "y = tanh(x)"),
  gelu: map({ x: vector }, "y = gelu(x)"),
  gelu_tanh: map({ x: vector }, "y = gelu_tanh(x)"),
  rms_norm: rows("y = x * rsqrt(sum_over(x * x) / D + 1e-5) * weight", matrix),
  softmax: rows(SOFTMAX, matrix),
  "softmax, rows of 128": rows(SOFTMAX, narrow),
  "causal softmax, 64 x 64": {
    signature: "H Q K -> H Q K",
    inputs: { x: { h: 256, q: 64, k: 64 } },
    outputs: ["y"],
    programs: [{ over: ["K"], limit: "index(Q) + 1", body: SOFTMAX }],
  },
  "sum of all": {
    signature: "N -> ",
    inputs: { x: vector },
    outputs: ["y"],
    programs: [{ over: ["N"], body: "y = sum_over(x * x)" }],
  },
  "sum of columns": {
    signature: "R D -> D",
    inputs: { x: matrix },
    outputs: ["y"],
    programs: [{ over: ["R"], body: "y = sum_over(x)" }],
  },
  "heads before positions": {
    signature: "B S H D -> B H S D",
    inputs: { x: { b: 16, s: 64, h: 32, d: 32 } },
    outputs: ["y"],
    programs: [{ body: "y = x" }],
  },
};

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
for (const [name, example] of Object.entries(CASES)) {
  const call = callOfCase(example);
  const inputs = call.inputs.map((type) =>
    Float32Array.from({ length: sizeOf(type) }, (_, i) => 0.5 + Math.sin(i) / 4)
  );
  const sizes = call.outputs.map(sizeOf);
  const loaded = loadWasmKernel(loopKernel(call, ...example.programs).wasm(), inputs, sizes);
  const elements = [...inputs.map((input) => input.length), ...sizes].reduce((a, b) => a + b, 0);
  report(name, time(() => loaded.launch(1)), 4 * elements);
}
