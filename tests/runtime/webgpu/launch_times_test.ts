import assert from "node:assert/strict";
import { findAdapter } from "../../../runtime/webgpu/find_adapter.ts";
import { clockOf, TIMESTAMPS } from "../../../runtime/webgpu/launch_times.ts";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { holdAdapter, webgpuTest } from "../../webgpu_engine.ts";
import { all, stepPlan } from "./_step_plan.ts";

Deno.test("clockOf() takes timestamps for nanoseconds where that fits the host's time", () => {
  const toMs = clockOf(
    { ticks: 5_000_000n, before: 10, after: 12 },
    { ticks: 105_300_000n, before: 110, after: 114 },
  );
  assert.equal(toMs(5_000_000n), 11);
  assert.equal(toMs(7_000_000n), 13);
});

Deno.test("clockOf() measures how long a tick is where they are no nanoseconds", () => {
  const toMs = clockOf(
    { ticks: 1000n, before: 9, after: 11 },
    { ticks: 2000n, before: 109, after: 111 },
  );
  assert.equal(toMs(1500n), 60);
});

webgpuTest("a webgpu device measures its launches, or says that its adapter cannot", async () => {
  const found = await findAdapter();
  if ("missing" in found) throw new Error(found.missing);
  const device = await openWebgpuDevice(stepPlan(), { adapter: found, profile: true });
  try {
    device.write("x", all(1));
    device.write("y", all(2));
    const profiler = device.profiler!;
    await profiler.start(["step"]);
    device.run("step");
    device.run("read");
    device.run("step");
    const last = device.snapshot(["y"]);
    assert.deepEqual(await last.elements(), [all(2 + 3 * 2)]);
    const slices = await profiler.stop();
    const names = slices.map(({ node, program, phase, launch }) =>
      `${launch} ${program} ${node?.op.name} ${phase}`
    );
    const measured = found.adapter.features.has(TIMESTAMPS);
    assert.deepEqual(
      names,
      measured
        ? [0, 3].flatMap((first) => [
          `${first} step total 0`,
          `${first} step total 1`,
          `${first + 2} step axpy 0`,
        ])
        : [],
    );
    assert.equal(profiler.missing === undefined, measured);
    // A pass for each measured launch; the numbers are the same.
    device.run("step");
    assert.deepEqual(await device.read("y"), all(2 + 3 * 3));
  } finally {
    await device.close();
  }
});

webgpuTest("a webgpu device says that its adapter writes no timestamps", async () => {
  const held = await holdAdapter("plain");
  const adapter = { ...held.adapter, adapter: { ...held.adapter.adapter, features: new Set() } };
  const device = await openWebgpuDevice(stepPlan(), { adapter: adapter as never, profile: true });
  const { missing } = device.profiler!;
  assert.equal(missing, "adapter plain has no timestamp-query: it measures no launches");
  assert.deepEqual(await device.profiler!.stop(), []);
  await device.close();
});
