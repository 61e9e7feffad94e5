import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import { concat } from "../../../kernels/concat.ts";
import { map } from "../../../kernels/map.ts";
import { cutPlan } from "../../../runtime/webgpu/cut_plan.ts";
import { makeLaunchList } from "../../../runtime/webgpu/launch_list.ts";
import { placeMemory } from "../../../runtime/webgpu/place_memory.ts";

/** Lengthens a tensor again and again: each step has memory that others left, and some more. */
function growing(steps: number) {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ row: 64 }));
  let [value] = builder.call(map, [x], { expr: "x + 1", names: ["x"] });
  for (let i = 0; i < steps; i++) {
    const [longer] = builder.call(concat, [value, x], { dim: "row" });
    [value] = builder.call(map, [longer], { expr: "x * x", names: ["x"] });
  }
  return makePlan({ step: builder.finish({ y: value }) });
}

/** Places everything that launches use in buffers of `maxBytes`. */
function place(plan: ReturnType<typeof makePlan>, maxBytes: number) {
  const limits = { maxStorageBufferBindingSize: maxBytes, maxStorageBuffersPerShaderStage: 8 };
  const spans = makeLaunchList(plan, limits).programs.flatMap(({ launches }) =>
    launches.flatMap(({ memory }) =>
      memory.map(({ address, bytes }) => ({ address: address!, bytes }))
    )
  );
  return placeMemory(spans, maxBytes).slabs;
}

Deno.test("cutPlan() lets a plan have buffers that are smaller than what it reuses", () => {
  const plan = growing(12);
  const maxBytes = 4096;
  assert.throws(() => place(plan, maxBytes), /tensors that share memory take \d+ bytes together/);
  const cut = cutPlan(plan, maxBytes);
  assert.ok(place(cut, maxBytes).every((bytes) => bytes <= maxBytes));
  assert.deepEqual([...cut.programs.keys()], ["step"]);
  assert.deepEqual(cut.buffers, plan.buffers);
});

Deno.test("cutPlan() leaves alone what fits", () => {
  const plan = growing(2);
  assert.equal(cutPlan(plan, plan.bytes), plan);
});
