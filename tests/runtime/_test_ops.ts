/** Small ops with kernels written by hand, to test engines without the op library. */

import { defineOp } from "../../graph/ir/define_op.ts";
import type { WasmFunction, WebgpuKernel } from "../../graph/ir/kernel.ts";
import type { Op } from "../../graph/ir/op.ts";
import { type FunctionWriter, wasmFunction } from "../../kernels/lang/wasm_code.ts";
import { f32, type I32, i32, type Local } from "../../kernels/lang/wasm_expr.ts";
import { operandName, wgslPhase, type WgslShader } from "../../kernels/lang/wgsl_shader.ts";

/** A loop over the work units of a call; the last two parameters are the range. */
function perUnit(
  parameters: number,
  body: (f: FunctionWriter, operands: readonly Local<"i32">[], unit: Local<"i32">) => void,
): WasmFunction {
  return wasmFunction(parameters, (f, operands) => {
    const unit = f.local("i32");
    f.for(unit, operands[parameters - 2], operands[parameters - 1], 1, () => {
      body(f, operands, unit);
    });
  });
}

/** Address of element `index` behind `base`. */
function element(base: I32, index: I32): I32 {
  return i32.add(base, i32.shl(index, i32.const(2)));
}

/** A shader over `count` elements, one thread each: the body has `i` and the operands' names. */
function perElement(
  bindings: readonly number[],
  count: number,
  body: (names: readonly string[]) => string,
): WebgpuKernel {
  const shader: WgslShader = {
    bindings,
    elements: bindings.map(() => "f32"),
    threads: 64,
    groups: Math.ceil(count / 64),
    iterations: 0,
    body: `  let i = group * 64u + thread;
  if (i >= ${count}u) { return; }
  ${body(bindings.map((_, operand) => operandName(bindings, operand)))}
`,
  };
  return { phases: [wgslPhase(shader)], scratchBytes: 0 };
}

/** `out = 3 x + y`, one unit per element; may overwrite y. */
export const axpy: Op = defineOp({
  name: "axpy",
  doc: "Three times x plus y.",
  inputs: ["x", "y"],
  outputs: ["out"],
  signature: "..., ... -> ...",
  inPlace: { out: "y" },
  flops: ({ dims }) => 2 * dims.BATCH,
  reference: ([x, y]) => [x.map((value, i) => 3 * value + y[i])],
  kernel: ({ dims }) => ({
    key: `axpy ${dims.BATCH}`,
    webgpu: (bindings) =>
      perElement(bindings, dims.BATCH, ([x, y, out]) => `${out}[i] = 3 * ${x}[i] + ${y}[i];`),
    wasm: () => ({
      phases: [{
        units: dims.BATCH,
        code: perUnit(7, (f, [x, y, out], unit) => {
          const sum = f32.add(
            f32.mul(f32.load(element(x, unit)), f32.const(3)),
            f32.load(element(y, unit)),
          );
          f.store(element(out, unit), sum);
        }),
      }],
      scratchBytes: 0,
      threadScratchBytes: 0,
    }),
  }),
});

/** The sum of a matrix: rows into shared scratch by way of thread scratch, then the rows' sums. */
export const total: Op = defineOp({
  name: "total",
  doc: "The sum of all elements.",
  inputs: ["x"],
  outputs: ["out"],
  signature: "M! K! ->",
  flops: ({ dims }) => dims.M * dims.K,
  reference: ([x]) => [Float64Array.of(x.reduce((sum, value) => sum + value, 0))],
  kernel: ({ dims: { M, K } }) => {
    const addUp = (f: FunctionWriter, from: I32, count: number, to: I32) => {
      const i = f.local("i32");
      f.store(to, f32.const(0));
      f.for(i, i32.const(0), i32.const(count), 1, () => {
        f.store(to, f32.add(f32.load(to), f32.load(element(from, i))));
      });
    };
    return {
      key: `total ${M} ${K}`,
      webgpu: (bindings) => {
        const [x, out] = bindings.map((_, operand) => operandName(bindings, operand));
        const phase = (groups: number, count: number, from: string, to: string) =>
          wgslPhase({
            bindings,
            elements: [from === x ? "f32" : undefined, to.startsWith(out) ? "f32" : undefined],
            scratch: "f32",
            threads: 1,
            groups,
            iterations: count + 1,
            body: `  var sum = 0.0;
  for (var i = 0u; i < ${count}u; i++) { sum += ${from}[group * ${count}u + i]; }
  ${to} = sum;
`,
          });
        return {
          phases: [phase(M, K, x, "scratch[group]"), phase(1, M, "scratch", `${out}[0]`)],
          scratchBytes: 4 * M,
        };
      },
      wasm: () => ({
        phases: [
          {
            units: M,
            code: perUnit(6, (f, [x, _out, scratch, threadScratch], unit) => {
              const row = f.hold(i32.add(x, i32.mul(unit, i32.const(4 * K))));
              addUp(f, row, K, threadScratch);
              f.store(element(scratch, unit), f32.load(threadScratch));
            }),
          },
          {
            units: 1,
            code: perUnit(6, (f, [_x, out, scratch]) => addUp(f, scratch, M, out)),
          },
        ],
        scratchBytes: 4 * M,
        threadScratchBytes: 4,
      }),
    };
  },
});

/** Gives the same elements other dim names, without a launch. */
export const renamed: Op = defineOp({
  name: "renamed",
  doc: "The same elements as one row.",
  inputs: ["x"],
  outputs: ["out"],
  signature: "M! K! -> ROW",
  outputDims: (inputs) => ({
    ROW: { name: "row", size: inputs[0].dims.reduce((product, { size }) => product * size, 1) },
  }),
  alias: () => true,
  flops: () => 0,
  reference: ([x]) => [x],
});

/** Copies x, but a thread that meets element number `AT` runs `fault` instead. */
function faulty(name: string, fault: (f: FunctionWriter) => void): Op {
  return defineOp({
    name,
    doc: "Fails at one element.",
    inputs: ["x"],
    outputs: ["out"],
    attrs: { AT: { doc: "The element that fails." } },
    signature: "... -> ...",
    flops: () => 0,
    reference: () => {
      throw new Error("element is bad");
    },
    kernel: ({ dims, attrs }) => ({
      key: `${name} ${dims.BATCH} ${attrs.AT}`,
      wasm: () => ({
        phases: [{
          units: dims.BATCH,
          code: perUnit(6, (f, [x, out], unit) => {
            f.if(i32.eq(unit, i32.const(Number(attrs.AT))), () => fault(f));
            f.store(element(out, unit), f32.load(element(x, unit)));
          }),
        }],
        scratchBytes: 0,
        threadScratchBytes: 0,
      }),
      webgpu() {
        throw new Error(`${name} is for the wasm engine`);
      },
    }),
  });
}

/** Traps: a load far outside of any memory. */
export const trapping: Op = faulty("trapping", (f) => {
  f.store(i32.const(-64), i32.const(1));
});

/** Counts to a billion: half a second or more. */
export const slow: Op = faulty("slow", (f) => {
  f.for(f.local("i32"), i32.const(0), i32.const(1e9), 1, () => {});
});

/** Has WGSL with a word that is no name. */
export const broken: Op = defineOp({
  name: "broken",
  doc: "Does not compile.",
  inputs: ["x"],
  outputs: ["out"],
  signature: "... -> ...",
  flops: () => 0,
  reference: ([x]) => [x],
  kernel: ({ dims }) => ({
    key: `broken ${dims.BATCH}`,
    wasm: () => ({ phases: [], scratchBytes: 0, threadScratchBytes: 0 }),
    webgpu: (bindings) =>
      perElement(bindings, dims.BATCH, ([x, out]) => `${out}[i] = ${x}[i] + missing;`),
  }),
});

/** Keeps the device busy for hours: very many threads with almost `LOOP_LIMIT` rounds. */
export const endless: Op = defineOp({
  name: "endless",
  doc: "Does not end.",
  inputs: ["x"],
  outputs: ["out"],
  signature: "... -> ...",
  flops: () => 0,
  reference: ([x]) => [x],
  kernel: () => ({
    key: "endless",
    wasm: () => ({ phases: [], scratchBytes: 0, threadScratchBytes: 0 }),
    webgpu: (bindings) => {
      const [x, out] = bindings.map((_, operand) => operandName(bindings, operand));
      const { code, iterations } = wgslPhase({
        bindings,
        elements: ["f32", "f32"],
        threads: 64,
        groups: 1,
        iterations: 60001,
        body: `  for (var i = 0u; i < 60000u; i++) {
    ${out}[0] = ${out}[0] * 0.5 + ${x}[i % 4u];
    if (${out}[1] == 7) { return; }
  }
`,
      });
      return { phases: [{ code, workgroups: [65535, 65535, 1], iterations }], scratchBytes: 0 };
    },
  }),
});
