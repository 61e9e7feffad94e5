/** An op that does nothing but multiply-adds in registers: the most that an engine can compute. */

import { defineOp } from "../../../graph/ir/define_op.ts";
import type { WasmKernel, WebgpuKernel } from "../../../graph/ir/kernel.ts";
import type { Call } from "../../../graph/ir/op.ts";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { wasmFunction } from "../../../kernels/lang/wasm_code.ts";
import { f32x4, i32, v128 } from "../../../kernels/lang/wasm_expr.ts";
import { operandName, wgslPhase } from "../../../kernels/lang/wgsl_shader.ts";

/** Multiply-adds of an element that are written out one after the other. */
const UNROLLED = 16;
/** Vectors of wasm that are computed side by side: as many as registers hold beside a factor. */
const WASM_CHAINS = 12;
/** The same of an invocation on WebGPU: drivers that compute on the CPU hold few. */
const WEBGPU_CHAINS = 3;
/** Threads of a workgroup. */
const THREADS = 64;

/** The number of elements is a multiple of this: whole workgroups, and whole units of wasm. */
export const MULTIPLY_ADD_ELEMENTS: number = 4 * WEBGPU_CHAINS * THREADS;

/** `turns` times `y = y factor + factor`, where y begins as x. */
export const multiplyAdds = defineOp({
  name: "multiply_adds",
  doc: "Multiply-adds in registers, as many in a row as are asked for.",
  inputs: ["x", "factor"],
  outputs: ["y"],
  attrs: { turns: { doc: "how often each element is computed anew" } },
  signature: "N,  -> N",
  check([x], { turns }) {
    if (sizeOf(x) % MULTIPLY_ADD_ELEMENTS !== 0) {
      throw new RangeError(`x must have a multiple of ${MULTIPLY_ADD_ELEMENTS} elements`);
    }
    if (Number(turns) % UNROLLED !== 0) {
      throw new RangeError(`turns must be a multiple of ${UNROLLED}, got ${turns}`);
    }
  },
  flops: ({ inputs: [x], attrs }) => 2 * sizeOf(x) * Number(attrs.turns),
  reference([x, [factor]], { attrs }) {
    return [x.map((y) => {
      for (let turn = 0; turn < Number(attrs.turns); turn++) y = y * factor + factor;
      return y;
    })];
  },
  kernel: (call) => ({
    key: `multiply_adds ${sizeOf(call.inputs[0])} ${call.attrs.turns}`,
    wasm: () => wasmKernel(call),
    webgpu: (bindings) => webgpuKernel(call, bindings),
  }),
});

function wasmKernel({ inputs: [type], attrs }: Call): WasmKernel {
  const code = wasmFunction(7, (f, [x, givenFactor, y, _scratch, _threadScratch, begin, end]) => {
    const [unit, turn] = [f.local("i32"), f.local("i32")];
    const factor = f.hold(v128.load32Splat(givenFactor));
    const sums = Array.from({ length: WASM_CHAINS }, () => f.local("v128"));
    f.for(unit, begin, end, 1, () => {
      const at = f.hold(i32.mul(unit, i32.const(16 * WASM_CHAINS)));
      sums.forEach((sum, i) => f.set(sum, v128.load(i32.add(x, at), 16 * i)));
      f.for(turn, i32.const(0), i32.const(Number(attrs.turns)), UNROLLED, () => {
        for (let step = 0; step < UNROLLED; step++) {
          for (const sum of sums) f.set(sum, f32x4.relaxedMadd(sum, factor, factor));
        }
      });
      sums.forEach((sum, i) => f.store(i32.add(y, at), sum, 16 * i));
    });
  });
  const units = sizeOf(type) / (4 * WASM_CHAINS);
  return { phases: [{ code, units }], scratchBytes: 0, threadScratchBytes: 0 };
}

function webgpuKernel({ inputs: [type], attrs }: Call, bindings: readonly number[]): WebgpuKernel {
  const [x, factor, y] = [0, 1, 2].map((operand) => operandName(bindings, operand));
  const chains = Array.from({ length: WEBGPU_CHAINS }, (_, i) => i);
  const places = chains.map((i) => `at + ${i * THREADS}u`);
  const once = chains.map((i) => `y${i} = fma(y${i}, factor, factor);`).join(" ");
  const loops = Number(attrs.turns) / UNROLLED;
  const phase = wgslPhase({
    bindings,
    elements: ["vec4<f32>", "f32", "vec4<f32>"],
    threads: THREADS,
    groups: sizeOf(type) / MULTIPLY_ADD_ELEMENTS,
    iterations: loops + 1,
    body: `
  let factor = vec4<f32>(${factor}[0]);
  let at = group * ${WEBGPU_CHAINS * THREADS}u + thread;
  ${chains.map((i) => `var y${i} = ${x}[${places[i]}];`).join("\n  ")}
  for (var turn = 0u; turn < ${loops}u; turn++) {
    ${new Array(UNROLLED).fill(once).join("\n    ")}
  }
  ${chains.map((i) => `${y}[${places[i]}] = y${i};`).join("\n  ")}`,
  });
  return { phases: [phase], scratchBytes: 0 };
}
