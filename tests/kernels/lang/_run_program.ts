/** Runs kernel programs on small tensors, on every engine. */

import assert from "node:assert/strict";
import { defineOp } from "../../../graph/ir/define_op.ts";
import { inferCall } from "../../../graph/ir/infer.ts";
import type { Attrs, Call, Op } from "../../../graph/ir/op.ts";
import { type Dtype, sizeOf, tensor, type TensorType } from "../../../graph/ir/tensor.ts";
import { loopKernel, type LoopProgram } from "../../../kernels/lang/loop_kernel.ts";
import type { Elements } from "../../../runtime/device.ts";
import { type KernelRun, runWebgpuKernels } from "../../webgpu.ts";
import { webgpuStep } from "../../webgpu_engine.ts";
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

/** Runs a case on operands and returns its results, as floats whatever their types. */
export type RunProgram = (
  example: ProgramCase,
  data: readonly ArrayLike<number>[],
) => Promise<Float32Array[]>;

/** What the body of a test on engines gets. */
export interface EngineTest {
  readonly engine: "wasm" | "webgpu";
  readonly run: RunProgram;
  /** A map over one vector: the results of `body` for each `x`. */
  readonly mapValues: (
    body: string,
    x: ArrayLike<number>,
    dtypes?: ProgramCase["dtypes"],
  ) => Promise<Float32Array>;
}

/**
 * A test that runs once for each engine. Shaders take long to compile, so the body may choose fewer
 * cases for webgpu; those it starts at once are one submission.
 */
export function testOnEngines(name: string, body: (test: EngineTest) => Promise<void>) {
  const testOf = (engine: EngineTest["engine"], run: RunProgram): EngineTest => ({
    engine,
    run,
    async mapValues(text, x, dtypes) {
      const [y] = await run({
        signature: "N -> N",
        inputs: { x: { n: x.length } },
        outputs: ["y"],
        ...(dtypes ? { dtypes } : {}),
        programs: [{ body: text }],
      }, [x]);
      return y;
    },
  });
  Deno.test(name, async (t) => {
    const onWasm: RunProgram = (example, data) => Promise.resolve(runProgram(example, data));
    await t.step("wasm", () => body(testOf("wasm", onWasm)));
    await webgpuStep(t, "webgpu", () => body(testOf("webgpu", webgpuRunner())));
  });
}

/** Runs cases on webgpu, those of one turn of the event loop together. */
function webgpuRunner(): RunProgram {
  let waiting: { run: KernelRun; done: PromiseWithResolvers<Elements[]> }[] = [];
  const flush = async () => {
    const batch = waiting;
    waiting = [];
    try {
      const results = await runWebgpuKernels(batch.map(({ run }) => run));
      batch.forEach(({ done }, i) => done.resolve(results[i]));
    } catch (error) {
      batch.forEach(({ done }) => done.reject(error));
    }
  };
  return async (example, data) => {
    const call = callOfCase(example);
    const bindings = [...call.inputs, ...call.outputs].map((_, i) => i);
    const kernel = loopKernel(call, ...example.programs).webgpu(bindings);
    const inputs = call.inputs.map((type, i) => ({ type, data: data[i] }));
    const done = Promise.withResolvers<Elements[]>();
    if (waiting.length === 0) setTimeout(flush);
    waiting.push({ run: { kernel, bindings, inputs, outputs: call.outputs }, done });
    const results = await done.promise;
    return results.map(({ buffer, byteOffset, length }) =>
      new Float32Array(buffer as ArrayBuffer, byteOffset, length).slice()
    );
  };
}

/**
 * The results on the wasm engine: bits of every thread count are the same, nothing else is written.
 */
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
