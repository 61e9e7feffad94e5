import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import type { Op } from "../../../graph/ir/op.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import { makeLaunchList } from "../../../runtime/webgpu/launch_list.ts";
import { axpy, total } from "../_test_ops.ts";

const LIMITS = { maxStorageBufferBindingSize: 2 ** 20, maxStorageBuffersPerShaderStage: 4 };
const TYPE = tensor({ rows: 3, columns: 5 });

/** `y <- 3 x + (3 x + x)`, the sum of it, and x itself in another buffer. */
function samplePlan(): Plan {
  const builder = createBuilder();
  const x = builder.input("x", TYPE);
  const [once] = builder.call(axpy, [x, x]);
  const [twice] = builder.call(axpy, [x, once]);
  const [sum] = builder.call(total, [twice]);
  return makePlan({ step: builder.finish({ y: twice, sum, kept: x }) });
}

Deno.test("makeLaunchList() gives operands of equal memory one binding, and lists phases and copies", () => {
  const plan = samplePlan();
  const { shaders, programs, scratchBytes } = makeLaunchList(plan, LIMITS);
  const [x, y, sum, kept] = ["x", "y", "sum", "kept"].map((name) =>
    plan.buffers.get(name)!.address
  );
  const once = plan.programs.get("step")!.launches[0].outputs[0];
  const span = (address: number | undefined, bytes: number) => ({ address, bytes });
  assert.deepEqual(
    programs[0].launches.map(({ shader, memory, workgroups }) => [shader, memory, workgroups]),
    [
      [0, [span(x, 64), span(once, 64)], [1, 1, 1]],
      [1, [span(x, 64), span(once, 64), span(y, 64)], [1, 1, 1]],
      // The phases of a kernel have only what they use: scratch comes behind all operands.
      [2, [span(y, 64), span(undefined, 12)], [3, 1, 1]],
      [3, [span(sum, 16), span(undefined, 12)], [1, 1, 1]],
      [4, [span(x, 64), span(kept, 64)], [1, 1, 1]],
    ],
  );
  const bindings = shaders.map(({ bindings }) => bindings);
  assert.deepEqual(bindings, [[0, 1], [0, 1, 2], [0, 2], [1, 2], [0, 1]]);
  assert.equal(scratchBytes, 12);
});

Deno.test("makeLaunchList() compiles a call of the same shape and bindings once", () => {
  const builder = createBuilder();
  const [x, y] = ["x", "y"].map((name) => builder.input(name, TYPE));
  const [a] = builder.call(axpy, [x, y]);
  const [b] = builder.call(axpy, [y, x]);
  const [c] = builder.call(axpy, [a, a]);
  const plan = makePlan({ step: builder.finish({ a, b, c }) });
  const { shaders, programs } = makeLaunchList(plan, LIMITS);
  assert.deepEqual(programs[0].launches.map(({ shader }) => shader), [0, 0, 1]);
  assert.equal(shaders.length, 2);
});

Deno.test("makeLaunchList() copies large buffers in parts that bindings hold", () => {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ rows: 300, columns: 1 }));
  const plan = makePlan({ step: builder.finish({ y: x }) });
  const copies = makeLaunchList(plan, { ...LIMITS, maxStorageBufferBindingSize: 600 });
  const { address } = plan.buffers.get("y")!;
  assert.deepEqual(copies.programs[0].launches.map(({ memory }) => memory[1]), [
    { address, bytes: 512 },
    { address: address + 512, bytes: 512 },
    { address: address + 1024, bytes: 176 },
  ]);
});

/** A plan of one call whose op says of its kernel what the test wants. */
function planOf(kernel: Op["kernel"]): Plan {
  const builder = createBuilder();
  builder.origin = { location: "toy.yaml:3:5", path: "model.a" };
  const op = { ...axpy, kernel } as Op;
  const [out] = builder.call(op, [builder.input("x", TYPE), builder.input("y", TYPE)]);
  return makePlan({ step: builder.finish({ out }) });
}

Deno.test("makeLaunchList() names the op whose kernel the device cannot run", () => {
  const op = "op axpy (model.a, toy.yaml:3:5): f32[rows=3 columns=5], f32[rows=3 columns=5] -> " +
    "f32[rows=3 columns=5]";
  const plan = planOf(axpy.kernel);
  const list = (limits: Partial<typeof LIMITS>) => makeLaunchList(plan, { ...LIMITS, ...limits });
  assert.throws(() => list({ maxStorageBuffersPerShaderStage: 2 }), {
    name: "RangeError",
    message: `the kernel of ${op} has 3 buffers, it may have 2 at most`,
  });
  assert.throws(() => list({ maxStorageBufferBindingSize: 48 }), {
    name: "RangeError",
    message: `operand x, f32[rows=3 columns=5], of ${op} has 64 bytes, ` +
      "a kernel sees 48 bytes of a tensor at most",
  });
  const wasm = () => assert.fail("no wasm is asked for");
  assert.throws(() => makeLaunchList(planOf(undefined), LIMITS), {
    name: "TypeError",
    message: `Cannot run ${op}: it has no kernel`,
  });
  const webgpu = () => {
    throw new Error("too many rows");
  };
  assert.throws(() => makeLaunchList(planOf(() => ({ key: "", wasm, webgpu })), LIMITS), {
    message: `${op} cannot be emitted: too many rows`,
  });
});

Deno.test("makeLaunchList() names the op whose kernel binds too much scratch, or what there is not", () => {
  const list = (code: string, scratchBytes: number) => {
    const phases = [{ code, workgroups: [1, 1, 1] as const, iterations: 0 }];
    const wasm = () => assert.fail("no wasm is asked for");
    const kernel = () => ({ key: "", wasm, webgpu: () => ({ phases, scratchBytes }) });
    return makeLaunchList(planOf(kernel), LIMITS);
  };
  const op = "op axpy (model.a, toy.yaml:3:5): f32[rows=3 columns=5], f32[rows=3 columns=5] -> " +
    "f32[rows=3 columns=5]";
  const [scratch] = list("@binding(3)", 2 ** 20).programs[0].launches[0].memory;
  assert.deepEqual(scratch, { address: undefined, bytes: 2 ** 20 });
  assert.throws(() => list("@binding(3)", 2 ** 20 + 16), {
    name: "RangeError",
    message: `the scratch of ${op} has 1048592 bytes, a kernel sees 1048576 bytes at most`,
  });
  for (const [number, scratchBytes] of [[3, 0], [4, 16]]) {
    assert.throws(() => list(`@binding(${number})`, scratchBytes), {
      message: `the kernel of ${op} has no memory for its binding ${number}`,
    });
  }
});
