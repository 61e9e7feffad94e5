import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import type { Op } from "../../../graph/ir/op.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import type { Device, Wait } from "../../../runtime/device.ts";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { type HeldAdapter, holdAdapter, webgpuTest } from "../../webgpu_engine.ts";
import { axpy, broken, total } from "../_test_ops.ts";

const ROWS = 4;

/** `step`: y <- 3 x + y, with the sum of y before; `read`: the sum of y. */
function stepPlan(): Plan {
  const type = tensor({ rows: ROWS, columns: 1 });
  const step = createBuilder();
  const [x, y] = ["x", "y"].map((name) => step.input(name, type));
  const [before] = step.call(total, [y]);
  const [out] = step.call(axpy, [x, y]);
  const other = createBuilder();
  const [sum] = other.call(total, [other.input("y", type)]);
  return makePlan({ step: step.finish({ y: out, before }), read: other.finish({ sum }) });
}

/** Four times the same number. */
const all = (value: number) => new Float32Array(ROWS).fill(value);

webgpuTest(
  "openWebgpuDevice() submits once per step, and makes nothing once it is warm",
  async () => {
    const device = await openWebgpuDevice(stepPlan());
    const opened = { ...device.counters };
    assert.deepEqual(opened, {
      submissions: 0,
      launches: 0,
      readbacks: 0,
      buffers: 2,
      bindGroups: opened.bindGroups,
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

webgpuTest("openWebgpuDevice() tells before it waits, and for how long at most", async () => {
  const { adapter } = await holdAdapter("toy");
  const waits: (Wait | undefined)[] = [];
  const device = await openWebgpuDevice(stepPlan(), {
    adapter: { ...adapter, software: false },
    patienceMs: 3_000,
    onWait: (wait) => waits.push(wait),
  });
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

/** A plan of one call of `op`, made by `model.a` of a pipeline. */
function planOf(op: Op): Plan {
  const builder = createBuilder();
  builder.origin = { location: "toy.yaml:3:5", path: "model.a" };
  const [out] = builder.call(op, [builder.input("x", tensor({ row: 8 }))]);
  return makePlan({ step: builder.finish({ out }) });
}

webgpuTest(
  "openWebgpuDevice() names op, place and line of WGSL that does not compile",
  async () => {
    const { adapter } = await holdAdapter("toy");
    await assert.rejects(openWebgpuDevice(planOf(broken), { adapter }), (error: Error) => {
      assert.match(
        error.message,
        /^Cannot open device 0 \(webgpu, toy\): the WGSL of op broken \(model\.a, toy\.yaml:3:5\): f32\[row=8\] -> f32\[row=8\] does not compile: line 12, `b1\[i\] = b0\[i\] \+ missing;`: .*missing/,
      );
      return true;
    });
  },
);

/** Opens the plan of steps on a device that can be made to fail. */
async function openHeld(): Promise<{ device: Device } & HeldAdapter> {
  const held = await holdAdapter("toy");
  return { ...held, device: await openWebgpuDevice(stepPlan(), { adapter: held.adapter }) };
}

webgpuTest("Device.read() says that the device was lost, and what was in flight", async () => {
  const { device, ...held } = await openHeld();
  device.run("step");
  device.run("step");
  held.gpu().destroy();
  const message =
    /^Cannot read y of device 0 \(webgpu, toy\): the device was lost \(destroyed\): .*, in flight: 2 x step \(3 launches, the costliest op axpy/;
  await assert.rejects(device.read("y"), { message });
  // From then on it is of no use.
  assert.throws(() => device.run("step"), { message: /^Cannot run program step on .* was lost/ });
  assert.throws(() => device.write("y", all(0)), { message: /^Cannot write buffer y of .* lost/ });
  await device.close();
});

webgpuTest(
  "Snapshot.elements() says that a submission was refused, instead of giving zeros",
  async () => {
    const { device, buffers } = await openHeld();
    const good = device.snapshot(["y"]);
    await good.elements();
    device.run("step");
    buffers[0].destroy();
    const message =
      /^Cannot read before, y of device 0 \(webgpu, toy\): refused: .*destroyed.*, in flight: 1 x step \(/;
    await assert.rejects(device.snapshot(["before", "y"]).elements(), { message });
    await assert.rejects(device.read("y"), { message: /^Cannot read y of .*: refused: / });
    // What was there before still is.
    assert.deepEqual([...(await good.elements())[0]], [...all(0)]);
    await device.close();
  },
);

webgpuTest(
  "openWebgpuDevice() names buffers of a plan that is too large for the device",
  async () => {
    const held = await holdAdapter("toy");
    const { limits } = held.adapter.adapter;
    const adapter = {
      limits,
      async requestDevice(descriptor?: GPUDeviceDescriptor) {
        const device = await held.adapter.adapter.requestDevice(descriptor);
        // What a GPU without enough memory tells: llvmpipe gives out more than the system has.
        const filters: GPUErrorFilter[] = [];
        const [push, pop] = [device.pushErrorScope.bind(device), device.popErrorScope.bind(device)];
        device.pushErrorScope = (filter) => {
          filters.push(filter);
          push(filter);
        };
        device.popErrorScope = async () => {
          const exhausted = filters.pop() === "out-of-memory";
          const error = await pop();
          return exhausted ? new GPUOutOfMemoryError("not enough memory left") : error;
        };
        return device;
      },
    } as GPUAdapter;
    await assert.rejects(openWebgpuDevice(stepPlan(), { adapter: { ...held.adapter, adapter } }), {
      message:
        "Cannot open device 0 (webgpu, toy): 1040 bytes in 2 buffers are more than the device " +
        "gives (not enough memory left); the plan has 1024 bytes, its largest buffers are " +
        "x, f32[rows=4 columns=1]: 16; y, f32[rows=4 columns=1]: 16; before, f32[]: 4",
    });
  },
);

webgpuTest(
  "Device.close() ends a device at work, one that failed, and one that is closed",
  async () => {
    const { device } = await openHeld();
    device.run("step");
    await Promise.all([device.close(), device.close()]);
    assert.throws(() => device.run("step"), {
      message: "Cannot run program step on device 0 (webgpu, toy): it is closed",
    });
    await assert.rejects(device.read("y"), {
      message: "Cannot read y of device 0 (webgpu, toy): it is closed",
    });
  },
);
