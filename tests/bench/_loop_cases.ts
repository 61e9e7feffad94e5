/** Kernel programs over a million elements, whose speed is measured. */

import type { Call } from "../../graph/ir/op.ts";
import { sizeOf } from "../../graph/ir/tensor.ts";
import type { ProgramCase } from "../kernels/lang/_run_program.ts";

/** Elements of the largest tensors. */
export const LOOP_ELEMENTS = 1 << 20;

const vector = { n: LOOP_ELEMENTS };
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

/** The programs by name. */
export const LOOP_CASES: Readonly<Record<string, ProgramCase>> = {
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
  "cross entropy, 4096 classes": {
    signature: "R V, R -> R",
    inputs: { x: { r: 256, v: 4096 }, targets: { r: 256 } },
    dtypes: { targets: "i32" },
    outputs: ["loss"],
    programs: [{
      over: ["V"],
      body: `
        largest = max_over(x)
        loss = largest + log(sum_over(exp(x - largest))) - at(x, V = targets)
      `,
    }],
  },
  "scatter, 8192 rows of 128": {
    signature: "R D, R -> V D",
    inputs: { x: narrow, ids: { r: 8192 } },
    dtypes: { ids: "i32" },
    outputs: ["table"],
    outputDims: () => ({ V: { name: "v", size: 8192 } }),
    programs: [{ body: "table[V = ids] += x" }],
  },
};

/**
 * Operands of a case, as the words of its tensors: numbers near 1/2, indices all over 4096 rows.
 */
export function operandsFor({ inputs }: Call): Float32Array<ArrayBuffer>[] {
  return inputs.map((type) => {
    const values = { length: sizeOf(type) };
    return type.dtype === "f32"
      ? Float32Array.from(values, (_, i) => 0.5 + Math.sin(i) / 4)
      : new Float32Array(Int32Array.from(values, (_, i) => i * 7919 % 4096).buffer);
  });
}
