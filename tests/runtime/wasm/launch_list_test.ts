import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import { makeLaunchList } from "../../../runtime/wasm/launch_list.ts";
import { axpy, renamed, total } from "../_test_ops.ts";

const type = tensor({ rows: 4, columns: 8 });

Deno.test("makeLaunchList() puts barriers only between steps that touch the same memory", () => {
  const builder = createBuilder();
  const [x, y, z] = ["x", "y", "z"].map((name) => builder.input(name, type));
  const [a] = builder.call(axpy, [x, y]);
  const [b] = builder.call(axpy, [y, z]);
  const [c] = builder.call(axpy, [x, z]);
  const [d] = builder.call(axpy, [a, b]);
  const plan = makePlan({ step: builder.finish({ a, b, c, d }) });
  const [{ name, steps, nodes }] = makeLaunchList(plan, 2).programs;
  assert.equal(name, "step");
  assert.deepEqual(steps.map(({ barrier }) => barrier), [false, false, true, true]);
  assert.deepEqual(nodes.map((node) => node?.outputs[0]), [a, b, c, d]);
  assert.deepEqual(steps.map(({ units }) => units), [32, 32, 32, 32]);
});

Deno.test("makeLaunchList() puts a barrier before memory is written that others still read", () => {
  const builder = createBuilder();
  const [x, y, z] = ["x", "y", "z"].map((name) => builder.input(name, type));
  const [a] = builder.call(axpy, [x, y]);
  const [next] = builder.call(axpy, [y, z]);
  const plan = makePlan({ step: builder.finish({ a, x: next }) });
  const [{ steps }] = makeLaunchList(plan, 2).programs;
  assert.equal(steps[1].addresses[2], plan.buffers.get("x")!.address);
  assert.deepEqual(steps.map(({ barrier }) => barrier), [true, true]);
});

Deno.test("makeLaunchList() separates launches that share scratch, and the phases of one", () => {
  const builder = createBuilder();
  const [x, y] = ["x", "y"].map((name) => builder.input(name, type));
  const [a] = builder.call(total, [x]);
  const [b] = builder.call(total, [y]);
  const [{ steps }] = makeLaunchList(makePlan({ step: builder.finish({ a, b }) }), 2).programs;
  assert.deepEqual(steps.map(({ barrier }) => barrier), [true, true, true, true]);
});

Deno.test("makeLaunchList() emits equal kernels once and leaves out renames", () => {
  const builder = createBuilder();
  const x = builder.input("x", type);
  const [a] = builder.call(axpy, [x, x]);
  const [b] = builder.call(axpy, [a, a]);
  const [row] = builder.call(renamed, [b]);
  const list = makeLaunchList(makePlan({ step: builder.finish({ row }) }), 1);
  assert.deepEqual(list.programs[0].steps.map(({ code }) => code), [1, 1]);
  // The other function copies tensors.
  assert.equal(list.functions.length, 2);
});

Deno.test("makeLaunchList() copies results that could not be computed in place", () => {
  const builder = createBuilder();
  const x = builder.input("x", type);
  const plan = makePlan({ step: builder.finish({ kept: x }) });
  const [{ steps, nodes }] = makeLaunchList(plan, 2).programs;
  const [from, to] = ["x", "kept"].map((name) => plan.buffers.get(name)!.address);
  // Units of 16 bytes.
  assert.deepEqual(steps, [{ code: 0, addresses: [from, to], units: 8, barrier: true }]);
  assert.deepEqual(nodes, [undefined]);
});

Deno.test("makeLaunchList() lays out arena, scratch and a scratch for each thread", () => {
  const builder = createBuilder();
  const [a] = builder.call(total, [builder.input("x", type)]);
  const plan = makePlan({ step: builder.finish({ a }) });
  const list = makeLaunchList(plan, 3);
  assert.equal(plan.bytes, 512);
  assert.deepEqual(
    [list.scratch, list.threadScratch, list.threadScratchBytes, list.bytes],
    [512, 768, 256, 768 + 3 * 256 + 256],
  );
});
