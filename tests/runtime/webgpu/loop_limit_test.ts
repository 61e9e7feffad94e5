import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import { LOOP_LIMIT } from "../../../graph/ir/kernel.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import { loopLimitOf } from "../../../runtime/webgpu/loop_limit.ts";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { holdAdapter, webgpuTest } from "../../webgpu_engine.ts";
import { total } from "../_test_ops.ts";

/** The sum of one row, by a single invocation. */
function sumPlan(size: number): Plan {
  const builder = createBuilder();
  builder.origin = { location: "toy.yaml:3:5", path: "model.a" };
  const [sum] = builder.call(total, [builder.input("x", tensor({ rows: 1, columns: size }))]);
  return makePlan({ step: builder.finish({ sum }) });
}

Deno.test("loopLimitOf() knows the adapters that end long loops", () => {
  assert.equal(loopLimitOf("llvmpipe (LLVM 15.0.6, 256 bits)"), LOOP_LIMIT);
  assert.equal(loopLimitOf("NVIDIA H200"), Infinity);
});

webgpuTest("openWebgpuDevice() adds up as many elements as a loop may have", async () => {
  const { adapter } = await holdAdapter("llvmpipe");
  const size = LOOP_LIMIT - 1;
  const device = await openWebgpuDevice(sumPlan(size), { adapter });
  device.write("x", new Float32Array(size).fill(1));
  device.run("step");
  assert.deepEqual([...await device.read("sum")], [size]);
  await device.close();
});

webgpuTest("openWebgpuDevice() refuses an op whose loops the adapter would end early", async () => {
  const { adapter } = await holdAdapter("llvmpipe");
  await assert.rejects(openWebgpuDevice(sumPlan(LOOP_LIMIT), { adapter }), {
    message: "Cannot open device 0 (webgpu, llvmpipe): an invocation of op total (model.a, " +
      "toy.yaml:3:5): f32[rows=1 columns=65535] -> f32[] takes up to 65536 loop iterations, this " +
      "adapter ends loops after 65535 with wrong results: use --engine wasm",
  });
  const { adapter: gpu } = await holdAdapter("NVIDIA H200");
  const device = await openWebgpuDevice(sumPlan(LOOP_LIMIT), { adapter: gpu });
  await device.close();
});
