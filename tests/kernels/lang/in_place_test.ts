import assert from "node:assert/strict";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { loopKernel } from "../../../kernels/lang/loop_kernel.ts";
import { linkWasm } from "../../../runtime/link_wasm.ts";
import { runWebgpuKernel } from "../../webgpu.ts";
import { webgpuStep } from "../../webgpu_engine.ts";
import { callOfCase, type ProgramCase, runProgram } from "./_run_program.ts";

const AT = 1024;

/** Runs a case with each output of `inPlace` at the address of its input. */
function runInPlace(example: ProgramCase, data: readonly ArrayLike<number>[]): Float32Array[] {
  const call = callOfCase(example);
  const kernel = loopKernel(call, ...example.programs).wasm();
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const inputs = call.inputs.map((_, i) => AT * (1 + i));
  const names = Object.keys(example.inputs);
  const outputs = example.outputs.map((name, i) => {
    const shared = example.inPlace?.[name];
    return shared === undefined ? AT * (20 + i) : inputs[names.indexOf(shared)];
  });
  const view = (at: number, size: number) => new Float32Array(memory.buffer, at, size);
  data.forEach((values, i) => view(inputs[i], values.length).set(Array.from(values)));
  const bytes = linkWasm(kernel.phases.map(({ code }) => code), { pages: 1, maximum: 1 });
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  kernel.phases.forEach(({ units }, phase) => {
    (exports[`f${phase}`] as (...args: number[]) => void)(
      ...inputs,
      ...outputs,
      AT * 40,
      AT * 50,
      0,
      units,
    );
  });
  return outputs.map((at, i) => view(at, sizeOf(call.outputs[i])).slice());
}

/** Runs a case on webgpu, with each output of `inPlace` in the memory of its input if `shared`. */
async function runOnDevice(
  example: ProgramCase,
  data: readonly ArrayLike<number>[],
  shared: boolean,
) {
  const call = callOfCase(example);
  const names = Object.keys(example.inputs);
  let next = names.length;
  const outputs = example.outputs.map((name) => {
    const input = example.inPlace?.[name];
    return shared && input !== undefined ? names.indexOf(input) : next++;
  });
  const bindings = [...names.map((_, i) => i), ...outputs];
  const kernel = loopKernel(call, ...example.programs).webgpu(bindings);
  const inputs = call.inputs.map((type, i) => ({ type, data: data[i] }));
  return await runWebgpuKernel({ kernel, bindings, inputs, outputs: call.outputs });
}

/**
 * A test that results in the memory of operands are those in memory of their own, on every engine.
 */
function testInPlace(
  name: string,
  cases: readonly (readonly [ProgramCase, readonly ArrayLike<number>[]])[],
) {
  Deno.test(name, async (t) => {
    await t.step("wasm", () => {
      for (const [example, data] of cases) {
        assert.deepEqual(runInPlace(example, data), runProgram(example, data));
      }
    });
    await webgpuStep(t, "webgpu", async () => {
      for (const [example, data] of cases) {
        const apart = await runOnDevice(example, data, false);
        assert.deepEqual(await runOnDevice(example, data, true), apart);
      }
    });
  });
}

const x = Array.from({ length: 14 }, (_, i) => Math.sin(i) * 3);
const z = Array.from({ length: 14 }, (_, i) => Math.cos(i) * 2);

testInPlace("outputs may take the memory of inputs in maps", [
  [{
    signature: "M N, M N -> M N, M N",
    inputs: { p: { m: 2, n: 7 }, m: { m: 2, n: 7 } },
    outputs: ["new_p", "new_m"],
    inPlace: { new_p: "p", new_m: "m" },
    programs: [{ body: "new_m = 0.9 * m + p\nnew_p = p - new_m * m" }],
  }, [x, z]],
  // What is stored first must not be read afterwards.
  [{
    signature: "M N, M N -> M N, M N",
    inputs: { p: { m: 2, n: 7 }, m: { m: 2, n: 7 } },
    outputs: ["new_p", "new_m"],
    inPlace: { new_p: "m", new_m: "p" },
    programs: [{ body: "new_p = p + 1\nnew_m = m + 1" }],
  }, [x, z]],
]);

testInPlace("outputs may take the memory of inputs that later passes read", [
  [{
    signature: "M N -> M N",
    inputs: { x: { m: 2, n: 7 } },
    outputs: ["y"],
    inPlace: { y: "x" },
    programs: [{ over: ["N"], body: "e = exp(x - max_over(x))\ny = e / sum_over(e)" }],
  }, [x]],
  // y is known in the first pass, x is still read in the second.
  [{
    signature: "M N -> M N, M",
    inputs: { x: { m: 2, n: 7 } },
    outputs: ["y", "total"],
    inPlace: { y: "x" },
    programs: [{
      over: ["N"],
      body: "y = x * 2\nmean = sum_over(x) / N\ntotal = sum_over((x - mean) * (x - mean))",
    }],
  }, [x]],
  [{
    signature: "M N -> M N, N",
    inputs: { x: { m: 2, n: 7 } },
    outputs: ["y", "total"],
    inPlace: { y: "x" },
    programs: [{
      over: ["M"],
      body: "y = x * 2\nmean = sum_over(x) / M\ntotal = sum_over((x - mean) * (x - mean))",
    }],
  }, [x]],
]);
