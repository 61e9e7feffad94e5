/** Runs kernel programs on small tensors, with one, two and three threads. */

import assert from "node:assert/strict";
import { defineOp } from "../../../graph/ir/define_op.ts";
import { inferCall } from "../../../graph/ir/infer.ts";
import type { Attrs, Call, Op } from "../../../graph/ir/op.ts";
import { type Dtype, sizeOf, tensor, type TensorType } from "../../../graph/ir/tensor.ts";
import { loopKernel, type LoopProgram } from "../../../kernels/lang/loop_kernel.ts";
import { loadWasmKernel } from "../_run_wasm_kernel.ts";

/** An op that exists only for its kernel. */
export interface ProgramCase {
  readonly signature: string;
  /** Names and sizes of the dims of each input; with `dtypes` for those that are not f32. */
  readonly inputs: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly outputs: readonly string[];
  readonly dtypes?: Readonly<Record<string, Dtype>>;
  readonly attrs?: Attrs;
  readonly inPlace?: Readonly<Record<string, string>>;
  readonly outputDims?: Op["outputDims"];
  readonly programs: readonly LoopProgram[];
}

/** The call of a case. */
export function callOfCase(example: ProgramCase): Call {
  const { signature, inputs, outputs, dtypes = {}, attrs = {}, outputDims, inPlace = {} } = example;
  const op = defineOp({
    name: "example",
    doc: "A program under test.",
    inputs: Object.keys(inputs),
    outputs,
    dtypes,
    inPlace,
    attrs: Object.fromEntries(Object.keys(attrs).map((name) => [name, { doc: "a constant" }])),
    ...(outputDims ? { outputDims } : {}),
    signature,
    flops: () => 0,
    reference: () => [],
  });
  const types = Object.entries(inputs).map(([name, dims]): TensorType => (
    tensor(dims, dtypes[name] ?? "f32")
  ));
  return inferCall(op, types, attrs);
}

/** The results of a case: bits of every thread count are the same, and nothing else is written. */
export function runProgram(
  example: ProgramCase,
  data: readonly ArrayLike<number>[],
): Float32Array[] {
  const call = callOfCase(example);
  const kernel = loopKernel(call, ...example.programs).wasm();
  const inputs = call.inputs.map(({ dtype }, i) => packWords(dtype, data[i]));
  const results = [1, 2, 3].map((threads) => {
    const loaded = loadWasmKernel(kernel, inputs, call.outputs.map(sizeOf));
    loaded.launch(threads);
    loaded.checkGuards();
    return loaded.outputs.map((output) => output.slice());
  });
  for (const other of results.slice(1)) {
    const words = (list: readonly Float32Array[]) => list.map((r) => new Uint32Array(r.buffer));
    assert.deepEqual(words(other), words(results[0]), "the number of threads changes the result");
  }
  return results[0];
}

/** Numbers as the 32-bit words of a tensor, seen as floats. */
export function packWords(dtype: Dtype, data: ArrayLike<number>): Float32Array {
  if (dtype === "f32") return Float32Array.from(data);
  const words = dtype === "i32" ? Int32Array.from(data) : Uint32Array.from(data);
  return new Float32Array(words.buffer);
}

/** The words of a result as integers. */
export function asIntegers(result: Float32Array, dtype: "i32" | "u32"): number[] {
  return [...dtype === "i32" ? new Int32Array(result.buffer) : new Uint32Array(result.buffer)];
}

/** A map over one vector: the results of `body` for each `x`. */
export function mapValues(body: string, x: ArrayLike<number>, dtypes?: ProgramCase["dtypes"]) {
  return runProgram({
    signature: "N -> N",
    inputs: { x: { n: x.length } },
    outputs: ["y"],
    ...(dtypes ? { dtypes } : {}),
    programs: [{ body }],
  }, [x])[0];
}
