import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import type { Op } from "../../../graph/ir/op.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import { zeroCounters } from "../../../runtime/webgpu/counters.ts";
import { watchFaults } from "../../../runtime/webgpu/faults.ts";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { makeRecorder, type PreparedProgram } from "../../../runtime/webgpu/recorder.ts";
import { webgpuTest } from "../../webgpu_engine.ts";
import { axpy } from "../_test_ops.ts";

/** A device that only notes what it is asked for; `submit` may fail. */
function fakeDevice(log: string[], submit: () => void = () => {}): GPUDevice {
  const scopes: string[] = [];
  const pass = {
    setPipeline: (pipeline: string) => log.push(`pipeline ${pipeline}`),
    setBindGroup: (_: number, group: string) => log.push(`group ${group}`),
    dispatchWorkgroups: (x: number) => log.push(`launch ${x}`),
    end: () => log.push("end"),
  };
  const encoder = {
    beginComputePass() {
      log.push("pass");
      return pass;
    },
    copyBufferToBuffer: (from: string, _: number, to: string) => log.push(`copy ${from} to ${to}`),
    finish: () => {},
  };
  const queue = {
    submit(commands: readonly unknown[]) {
      log.push(`submit ${commands.length}, ${scopes.length} scopes`);
      submit();
    },
    writeBuffer: (to: string) => log.push(`write ${to}`),
  };
  return {
    queue,
    createCommandEncoder: () => encoder,
    pushErrorScope: (filter: string) => scopes.push(filter),
    popErrorScope() {
      scopes.pop();
      return Promise.resolve(null);
    },
    addEventListener() {},
    lost: new Promise(() => {}),
  } as unknown as GPUDevice;
}

/** A program whose launches cost so many milliseconds; it uses the buffer `x`. */
function program(costs: readonly number[]): PreparedProgram {
  return {
    name: "step",
    buffers: new Set(["x"]),
    pipelines: costs.map((_, i) => i < 2 ? "first" : "second") as never,
    nodes: costs.map(() => undefined),
    groups: costs.map(() => "all") as never,
    workgroups: costs.map((_, i) => [i, 1, 1]),
    costs,
    costliest: "op",
  };
}

/**
 * A recorder on a device that only notes, what has been noted, and what was in flight when it
 * blocked.
 */
function noting(submit?: () => void) {
  const log: string[] = [];
  const flights: number[] = [];
  const device = fakeDevice(log, submit);
  const recorder = makeRecorder(device, watchFaults(device), zeroCounters(), {
    makeUpload: () => "upload" as never,
    guard(flight, submit) {
      flights.push(flight.cost);
      submit();
    },
  });
  return { log, flights, recorder };
}

Deno.test("makeRecorder() submits before the device would be busy for too long, and begins anew", () => {
  const { log, flights, recorder } = noting();
  recorder.launch(program([50, 50, 50, 50]), 2);
  recorder.submit();
  assert.deepEqual(log, [
    ...["pass", "pipeline first", "group all", "launch 0", "launch 1", "end"],
    "submit 1, 3 scopes",
    ...["pass", "pipeline second", "group all", "launch 2", "launch 3", "end"],
    "submit 1, 3 scopes",
  ]);
  // The second may block behind the first.
  assert.deepEqual(flights, [100]);
  assert.equal(recorder.inFlight.cost, 200);
});

Deno.test("makeRecorder() lets a launch that is too long for itself be a submission", () => {
  const { log, recorder } = noting();
  recorder.launch(program([300, 1]), 1);
  recorder.submit();
  assert.deepEqual(log.filter((line) => /^(launch|submit)/.test(line)), [
    "launch 0",
    "submit 1, 3 scopes",
    "launch 1",
    "submit 1, 3 scopes",
  ]);
});

Deno.test("Recorder.write() comes behind the parts of a program that are recorded", () => {
  const { log, recorder } = noting();
  const to = { buffer: "x" as never, offset: 0 };
  recorder.launch(program([200, 100]), 1);
  recorder.write("x", to, new Float32Array(4));
  recorder.write("y", { buffer: "y" as never, offset: 0 }, new Float32Array(4));
  recorder.launch(program([200]), 1);
  recorder.submit();
  recorder.write("x", to, new Float32Array(4));
  assert.deepEqual(log.filter((line) => /^(launch|submit|write|copy)/.test(line)), [
    "launch 0",
    "submit 1, 3 scopes",
    "launch 1",
    // By way of a buffer that nothing recorded uses.
    "write upload",
    "copy upload to x",
    "write y",
    "submit 1, 3 scopes",
    "launch 0",
    "submit 1, 3 scopes",
    "write x",
  ]);
});

Deno.test("Recorder.submit() leaves no error scope open where it fails", () => {
  const { log, recorder } = noting(() => {
    throw new Error("gone");
  });
  for (const _ of [1, 2]) {
    recorder.launch(program([1]), 1);
    assert.throws(() => recorder.submit(), { message: "gone" });
  }
  assert.deepEqual(log.filter((line) => /^submit/.test(line)), [
    "submit 1, 3 scopes",
    "submit 1, 3 scopes",
  ]);
});

webgpuTest("Device.run() of a program in several submissions has its results", async () => {
  // Takes a slow GPU 200 ms, it says.
  const costly: Op = { ...axpy, flops: () => 2e10 };
  const builder = createBuilder();
  const [x, y] = ["x", "y"].map((name) => builder.input(name, tensor({ row: 5 })));
  let out = y;
  for (const _ of [1, 2, 3]) [out] = builder.call(costly, [x, out]);
  const device = await openWebgpuDevice(makePlan({ step: builder.finish({ y: out }) }));
  device.write("x", new Float32Array(5).fill(1));
  device.run("step");
  device.write("x", new Float32Array(5).fill(100));
  const first = device.snapshot(["y"]);
  assert.equal(device.counters.submissions, 3);
  device.run("step");
  assert.deepEqual([...(await first.elements())[0]], [9, 9, 9, 9, 9]);
  assert.deepEqual([...await device.read("y")], [909, 909, 909, 909, 909]);
  await device.close();
});
