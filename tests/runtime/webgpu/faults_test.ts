import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import type { Op } from "../../../graph/ir/op.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import type { Device } from "../../../runtime/device.ts";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { type HeldAdapter, holdAdapter, webgpuTest } from "../../webgpu_engine.ts";
import { broken } from "../_test_ops.ts";
import { all, stepPlan } from "./_step_plan.ts";

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
    // What a GPU without enough memory tells: llvmpipe gives out more than the system has.
    const { adapter } = await holdAdapter("toy", (gpu) => {
      const filters: GPUErrorFilter[] = [];
      const [push, pop] = [gpu.pushErrorScope.bind(gpu), gpu.popErrorScope.bind(gpu)];
      gpu.pushErrorScope = (filter) => {
        filters.push(filter);
        push(filter);
      };
      gpu.popErrorScope = async () => {
        const exhausted = filters.pop() === "out-of-memory";
        const error = await pop();
        return exhausted ? new GPUOutOfMemoryError("not enough memory left") : error;
      };
    });
    await assert.rejects(openWebgpuDevice(stepPlan(), { adapter }), {
      message:
        "Cannot open device 0 (webgpu, toy): 1040 bytes in 2 buffers are more than the device " +
        "gives (not enough memory left); the plan has 1024 bytes, its largest buffers are " +
        "x, f32[rows=4 columns=1]: 16; y, f32[rows=4 columns=1]: 16; before, f32[]: 4",
    });
  },
);

webgpuTest("openWebgpuDevice() says that the device refuses layouts or bind groups", async () => {
  const spoils: ((gpu: GPUDevice) => void)[] = [
    (gpu) => {
      const create = gpu.createBindGroupLayout.bind(gpu);
      gpu.createBindGroupLayout = ({ entries }) => create({ entries: [...entries, ...entries] });
    },
    (gpu) => {
      const create = gpu.createBindGroup.bind(gpu);
      gpu.createBindGroup = ({ layout }) => create({ layout, entries: [] });
    },
  ];
  for (const spoil of spoils) {
    const { adapter } = await holdAdapter("toy", spoil);
    await assert.rejects(openWebgpuDevice(stepPlan(), { adapter }), {
      message: /^Cannot open device 0 \(webgpu, toy\): refused: ./,
    });
  }
});

/** Opens the plan of steps on a device that notes the ends of waits for all work, and its own. */
async function openNoting() {
  const events: string[] = [];
  const held = await holdAdapter("toy", (gpu) => {
    const { queue } = gpu;
    const done = queue.onSubmittedWorkDone.bind(queue);
    queue.onSubmittedWorkDone = async () => {
      await done();
      events.push("done");
      return undefined;
    };
    const destroy = gpu.destroy.bind(gpu);
    gpu.destroy = () => {
      events.push("destroyed");
      destroy();
    };
  });
  const device = await openWebgpuDevice(stepPlan(), { adapter: held.adapter });
  return { events, device, ...held };
}

webgpuTest("Device.close() ends a device at work, once, when its work is done", async () => {
  const { device, events } = await openNoting();
  device.run("step");
  await Promise.all([device.close(), device.close()]);
  assert.deepEqual(events, ["done", "destroyed"]);
  assert.throws(() => device.run("step"), {
    message: "Cannot run program step on device 0 (webgpu, toy): it is closed",
  });
  await assert.rejects(device.read("y"), {
    message: "Cannot read y of device 0 (webgpu, toy): it is closed",
  });
});

webgpuTest("Device.close() waits for a device that has refused something, too", async () => {
  const { device, events, buffers } = await openNoting();
  device.run("step");
  buffers[0].destroy();
  await assert.rejects(device.read("y"), { message: /: refused: / });
  await device.close();
  assert.deepEqual(events, ["done", "destroyed"]);
});

webgpuTest("Device.close() does not wait for a device that is lost", async () => {
  const { device, events, gpu } = await openNoting();
  device.run("step");
  gpu().destroy();
  await assert.rejects(device.read("y"), { message: /: the device was lost / });
  await device.close();
  assert.deepEqual(events, ["destroyed", "destroyed"]);
});

webgpuTest("Device.close() ends every read that is begun, rightly or with an error", async () => {
  const { device, events } = await openNoting();
  device.write("x", all(1));
  device.run("step");
  const reading = device.read("y").then(([y]) => y, (error: Error) => error.message);
  await device.close();
  assert.deepEqual(events, ["done", "destroyed"]);
  assert.ok([3, "Cannot read y of device 0 (webgpu, toy): it is closed"].includes(await reading));
});
