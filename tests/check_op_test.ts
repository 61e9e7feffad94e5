import assert from "node:assert/strict";
import { defineOp, type OpDescription } from "../graph/ir/define_op.ts";
import { type Kernel, WASM_F32, WASM_I32 } from "../graph/ir/kernel.ts";
import type { Call, Op } from "../graph/ir/op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { type FunctionWriter, wasmFunction } from "../kernels/lang/wasm_code.ts";
import { f32, i32, type Local } from "../kernels/lang/wasm_expr.ts";
import { operandName, wgslPhase } from "../kernels/lang/wgsl_shader.ts";
import { checkOp } from "./check_op.ts";
import { type Sample, uniform } from "./sample.ts";
import { webgpuStep } from "./webgpu_engine.ts";

type Parameters = readonly Local<"i32">[];

/** A kernel with one phase that has a unit per element; `shade` is its WGSL for element `i`. */
function kernelOf(
  write: (f: FunctionWriter, parameters: Parameters) => void,
  shade: (x: string, y: string) => string = (x, y) => `${y}[i] = ${x}[i] + ${x}[i];`,
) {
  return (call: Call): Kernel => {
    const size = sizeOf(call.outputs[0]);
    const webgpu = (bindings: readonly number[]) => {
      const [x, y] = [0, 1].map((operand) => operandName(bindings, operand));
      const body = `  let i = group * 64u + thread;
  if (i >= ${size}u) { return; }
  ${shade(x, y)}\n`;
      const groups = Math.ceil(size / 64);
      const phase = wgslPhase({
        bindings,
        elements: ["f32", "f32"],
        threads: 64,
        groups,
        iterations: 0,
        body,
      });
      return { phases: [phase], scratchBytes: 0 };
    };
    return {
      key: `double ${size}`,
      wasm: () => ({
        phases: [{ code: wasmFunction(6, write), units: size }],
        scratchBytes: 0,
        threadScratchBytes: 0,
      }),
      webgpu,
    };
  };
}

/** Stores `2 x` for the elements `begin` to `end`, both shifted by `shift` elements. */
function doubling(shift = 0) {
  return (f: FunctionWriter, [x, y, _scratch, _threadScratch, begin, end]: Parameters) => {
    const i = f.local("i32");
    f.for(i, begin, end, 1, () => {
      const offset = i32.shl(i, i32.const(2));
      const value = f32.load(i32.add(x, offset));
      f.store(i32.add(y, offset), f32.add(value, value), 4 * shift);
    });
  };
}

const correct: OpDescription = {
  name: "double",
  doc: "Doubles.",
  inputs: ["x"],
  outputs: ["y"],
  signature: "... D -> ... D",
  linear: ["x"],
  inPlace: { y: "x" },
  flops: ({ inputs: [x] }) => sizeOf(x),
  reference: ([x]) => [x.map((value) => 2 * value)],
  kernel: kernelOf(doubling()),
  vjp: (builder, _node, [dy]) => dy ? builder.call(double, [dy]) : [undefined],
};
const double: Op = defineOp(correct);

const samples: readonly Sample[] = [
  { inputs: [uniform(1, { batch: 2, embed: 5 })], flops: 10 },
  { inputs: [uniform(2, { seq: 4 })] },
];

/** The messages of the steps that fail. */
async function failures(op: Op, given = samples): Promise<string[]> {
  const messages: string[] = [];
  const context = {
    async step(...[step, body]: [string, () => unknown] | [Deno.TestStepDefinition]) {
      if (typeof step !== "string") {
        assert.equal(step.ignore, true);
        return true;
      }
      try {
        await body?.();
      } catch (error) {
        messages.push(error instanceof Error ? error.message : String(error));
      }
      return true;
    },
  } as unknown as Deno.TestContext;
  await checkOp(context, op, given);
  return messages;
}

/** Asserts that a change of the correct op is found, with a message that matches. */
async function assertFound(change: Partial<OpDescription>, message: RegExp, given = samples) {
  const found = await failures(defineOp({ ...correct, ...change }), given);
  assert.ok(found.some((text) => message.test(text)), `found: ${found.join("; ") || "nothing"}`);
}

Deno.test("checkOp() accepts a correct op", async () => {
  assert.deepEqual(await failures(double), []);
});

Deno.test("checkOp() finds wrong results, sizes and flops", async () => {
  await assertFound({ reference: ([x]) => [x.subarray(1)] }, /sizes of the results/);
  const expect = [{ ...samples[0], expect: [new Array(10).fill(0)] }];
  await assertFound({}, /y differs at 0: expected 0, got/, expect);
  await assertFound({ flops: () => 1 }, /flops/);
  const overwrite = (x: Float64Array) => [x.fill(1)];
  await assertFound({ reference: ([x]) => overwrite(x) }, /an operand changed/);
});

Deno.test("checkOp() finds wrong gradients", async () => {
  await assertFound(
    { vjp: (_builder, _node, [dy]) => [dy] },
    /gradient of operand 1 .* differs at 0/,
  );
  await assertFound({ vjp: () => [undefined] }, /gradient of operand 1 .* differs at 0/);
});

Deno.test("checkOp() finds a dim with a wrong or a missing !", async () => {
  await assertFound(
    { signature: "... D! -> ... D!" },
    /Dim D of double can be sharded: drop the "!"/,
  );
  const total = (x: Float64Array, D: number) =>
    x.map((_, i) => {
      const start = i - i % D;
      return x.subarray(start, start + D).reduce((a, b) => a + b);
    });
  const sums: Partial<OpDescription> = { reference: ([x], { dims: { D } }) => [total(x, D)] };
  await assertFound(sums, /Dim D of double cannot be sharded: mark it "!"/);
  const narrow = [{ inputs: [uniform(1, { batch: 1, embed: 5 })] }];
  await assertFound({}, /Dim \.\.\. of double: no sample can split it/, narrow);
  const made = { signature: "... D -> ... D E", outputDims: () => ({ E: { name: "e", size: 1 } }) };
  await assertFound(made, /Dim E of double is made by it: mark it "!"/);
});

Deno.test("checkOp() finds reductions that are declared wrongly", async () => {
  const sum: Partial<OpDescription> = {
    signature: "D -> ",
    reference: ([x]) => [Float64Array.of(x.reduce((a, b) => a + b))],
  };
  const vectors = [samples[1]];
  await assertFound({ ...sum }, /Dim D of double cannot be sharded/, vectors);
  await assertFound({ ...sum, reduces: "max" }, /Dim D of double cannot be sharded/, vectors);
});

Deno.test("checkOp() finds operands that are declared linear wrongly", async () => {
  await assertFound({ linear: [] }, /double is linear in x: declare it/);
  const shifted: Partial<OpDescription> = { reference: ([x]) => [x.map((value) => value + 1)] };
  await assertFound(shifted, /double is not linear in x: do not declare it/);
});

Deno.test("checkOp() finds kernels that compute or write something else", async () => {
  await assertFound({ kernel: kernelOf(doubling(1)) }, /wrote at \d+, outside its results/);
  const first = kernelOf((f, [x, y, _s, _t, begin]) => {
    f.if(i32.eqz(begin), () => f.store(y, f32.load(x)));
  });
  await assertFound({ kernel: first }, /differs at 0/);
});

Deno.test("checkOp() finds webgpu kernels that compute something else", async (t) => {
  const find = (name: string, shade: (x: string, y: string) => string, message: RegExp) =>
    webgpuStep(t, name, () => assertFound({ kernel: kernelOf(doubling(), shade) }, message));
  await find("a result", (x, y) => `${y}[i] = 3f * ${x}[i];`, /y of sample 0 differs at 0/);
  await find("one left out", (x, y) => `if (i != 2u) { ${y}[i] = 2f * ${x}[i]; }`, /at 2.* NaN/);
  await find(
    "one that cannot overwrite its input",
    (x, y) => `for (var j = 0u; j <= i; j++) { ${y}[j] = 2f * ${x}[j]; }`,
    /y of sample 0 in place differs/,
  );
  let asked = 0;
  await find(
    "code that changes",
    (x, y) => `${y}[i] = 2f * ${x}[i]; // ${asked++}`,
    /deep-equal/,
  );
  await find("wrong WGSL", () => "y = x;", /no definition in scope/);
});

Deno.test("checkOp() finds bits that depend on the threads", async () => {
  // Every thread shifts its elements by where it starts.
  const kernel = kernelOf((f, [x, y, _s, _t, begin, end]) => {
    const i = f.local("i32");
    f.for(i, begin, end, 1, () => {
      const offset = i32.shl(i, i32.const(2));
      const value = f32.load(i32.add(x, offset));
      f.store(i32.add(y, offset), f32.add(f32.add(value, value), f32.convertS(begin)));
    });
  });
  await assertFound({ kernel }, /depend on the threads/);
});

Deno.test("checkOp() finds outputs that cannot overwrite an input", async () => {
  // Reads the first element for every other one.
  const reference = ([x]: readonly Float64Array[]) => [x.map(() => 2 * x[0])];
  const kernel = kernelOf((f, [x, y, _s, _t, begin, end]) => {
    const i = f.local("i32");
    f.for(i, begin, end, 1, () => {
      f.store(i32.add(y, i32.shl(i, i32.const(2))), f32.add(f32.load(x), f32.load(x)));
    });
  });
  await assertFound({ reference, kernel }, /y of sample 0 cannot overwrite x/);
});

Deno.test("checkOp() finds keys that name two kernels, and parameters that are missing", async () => {
  const keyed = (call: Call) => ({ ...kernelOf(doubling())(call), key: "double" });
  await assertFound({ kernel: keyed }, /key double names two kernels/);
  const code = { parameters: 5, locals: [WASM_I32, WASM_F32], body: Uint8Array.of(0x0b) };
  const kernel = () => ({
    key: "short",
    wasm: () => ({ phases: [{ code, units: 1 }], scratchBytes: 0, threadScratchBytes: 0 }),
    webgpu: () => ({ phases: [], scratchBytes: 0 }),
  });
  await assertFound({ kernel }, /parameters/);
});

Deno.test("checkOp() finds an alias that changes elements, and a kernel that is missing", async () => {
  await assertFound({ alias: () => true }, /double does not alias sample 0/);
  const { kernel: _, ...bare } = correct;
  const found = await failures(defineOp(bare));
  assert.ok(found.includes("double has no kernel, and sample 0 is no alias"), found.join("; "));
});
