import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Wait } from "../../../runtime/device.ts";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { holdAdapter, webgpuTest } from "../../webgpu_engine.ts";
import { axpy } from "../_test_ops.ts";
import { all, ROWS, stepPlan } from "./_step_plan.ts";

webgpuTest(
  "openWebgpuDevice() submits once per step, and makes nothing once it is warm",
  async () => {
    const device = await openWebgpuDevice(stepPlan());
    assert.deepEqual({ ...device.counters }, {
      submissions: 0,
      launches: 0,
      readbacks: 0,
      buffers: 2,
      // One of axpy, one that both sums read y by, one of each sum.
      bindGroups: 4,
      pipelines: 3,
    });
    // Three parts, each with a batch of its own, then what they add up to: as with accumulation.
    const step = (number: number) => {
      for (const part of [1, 2, 3]) {
        device.write("x", all(number * part));
        device.run("step");
      }
      device.run("read");
      return device.snapshot(["sum", "before"]);
    };
    device.write("y", all(0));
    await step(0).elements();
    const warm = { ...device.counters };
    const STEPS = 10;
    const snapshots = Array.from({ length: STEPS }, (_, i) => step(i));
    const found = await Promise.all(snapshots.map((snapshot) => snapshot.elements()));
    assert.deepEqual({ ...device.counters }, {
      ...warm,
      submissions: warm.submissions + STEPS,
      // Two launches of total's phases and one of axpy, three times, and total again.
      launches: warm.launches + STEPS * (3 * 3 + 2),
      readbacks: warm.readbacks + 1,
    });
    let y = 0;
    found.forEach(([sum, before], i) => {
      y += 3 * (1 + 2 + 3) * i;
      assert.deepEqual([...sum, ...before], [ROWS * y, ROWS * (y - 9 * i)]);
    });
    await device.close();
  },
);

webgpuTest(
  "Device.write() comes after the runs before it and before the runs behind it",
  async () => {
    const device = await openWebgpuDevice(stepPlan());
    device.write("x", all(1));
    device.write("y", all(10));
    device.run("step");
    device.write("y", all(100));
    device.run("step");
    const first = device.snapshot(["y"]);
    device.write("y", [1, 2, 3, 4]);
    assert.deepEqual([...await device.read("y")], [1, 2, 3, 4]);
    assert.deepEqual([...(await first.elements())[0]], [103, 103, 103, 103]);
    await device.close();
  },
);

webgpuTest(
  "Device.write() and Device.read() take buffers larger than what waits at once",
  async () => {
    // 18 MiB: more than a staging buffer, and than what queued runs can wait for.
    const type = tensor({ rows: 3 * 2 ** 19, columns: 3 });
    const builder = createBuilder();
    const [x, y] = ["x", "y"].map((name) => builder.input(name, type));
    const [out] = builder.call(axpy, [x, y]);
    const device = await openWebgpuDevice(makePlan({ step: builder.finish({ y: out }) }));
    const values = Float32Array.from({ length: 9 * 2 ** 19 }, (_, i) => i % 1013);
    device.write("x", values);
    device.run("step");
    device.write("x", values.map((value) => value + 1));
    device.run("step");
    assert.throws(() => device.snapshot(["y"]), {
      name: "RangeError",
      message: `Cannot snapshot buffer y of ${device.name}: ` +
        "it has 18874368 bytes, 16777216 are kept at most",
    });
    const reading = device.read("y");
    assert.throws(() => device.run("step"), {
      message: `Cannot run program step on ${device.name}: buffer y is being read`,
    });
    assert.deepEqual(await reading, values.map((value) => 6 * value + 3));
    await device.close();
  },
);

Deno.test("openWebgpuDevice() tells before it looks for an adapter", async () => {
  const waits: (Wait | undefined)[] = [];
  const opening = openWebgpuDevice(stepPlan(), { onWait: (wait) => waits.push(wait) });
  const what = "device 0 (webgpu), looking for its adapter";
  assert.deepEqual(waits, [{ what, limitMs: 60_000 }]);
  await opening.then((device) => device.close(), () => {});
  assert.equal(waits[1], undefined);
});

webgpuTest("openWebgpuDevice() tells before it waits, and for how long at most", async () => {
  const { adapter } = await holdAdapter("toy");
  const waits: (Wait | undefined)[] = [];
  const device = await openWebgpuDevice(stepPlan(), {
    adapter: { ...adapter, software: false },
    patienceMs: 3_000,
    onWait: (wait) => waits.push(wait),
  });
  assert.deepEqual(waits.splice(0), [
    { what: "device 0 (webgpu, toy), opening it", limitMs: 60_000 },
    undefined,
    { what: "device 0 (webgpu, toy), compiling 3 shaders", limitMs: 90_000 },
    undefined,
  ]);
  const flight =
    "device 0 (webgpu, toy), in flight: 2 x step (3 launches, the costliest op axpy: " +
    "f32[rows=4 columns=1], f32[rows=4 columns=1] -> f32[rows=4 columns=1])";
  for (const limitMs of [24 * 3_000, 3_000]) {
    device.run("step");
    device.snapshot(["y"]);
    device.run("step");
    await Promise.all([device.read("y"), device.read("before")]);
    // The second submission may block, and so may the reading.
    const wait = { what: flight, limitMs };
    assert.deepEqual(waits.splice(0), [wait, undefined, wait, undefined]);
  }
  await device.close();
});
