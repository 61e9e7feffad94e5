import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import type { Node } from "../../../graph/ir/graph.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { openWasmDevice } from "../../../runtime/wasm/open_wasm_device.ts";
import { slicesOf, type TimedRun } from "../../../runtime/wasm/thread_times.ts";
import { axpy, total } from "../_test_ops.ts";
import { all, stepPlan } from "../webgpu/_step_plan.ts";

const type = tensor({ rows: 4, columns: 1 });
const builder = createBuilder();
const [sum] = builder.call(total, [builder.input("y", type)]);
const [out] = builder.call(axpy, [builder.input("x", type), builder.input("z", type)]);
const [first, second] = [sum.node!, out.node!];

/**
 * Two phases of one node, the second of one unit, which thread 1 has, and another node without a
 * barrier between.
 */
const steps = [
  { code: 0, addresses: [], units: 4, barrier: true },
  { code: 0, addresses: [], units: 1, barrier: false },
  { code: 1, addresses: [], units: 4, barrier: true },
];
const nodes: Node[] = [first, first, second];

Deno.test("slicesOf() tells launches, phases and waits, and puts threads on one clock", () => {
  // The clock of thread 1 is 1000 ms ahead: it would have left barriers before thread 0 came to
  // them.
  const ahead = 1000;
  const run: TimedRun = {
    program: { name: "step", steps, nodes },
    begin: 10,
    end: 40,
    times: [
      new Float64Array([10, 20, 20, 20, 20, 30]),
      new Float64Array([10, 12, 20, 25, 25, 40].map((ms) => ms + ahead)),
    ],
  };
  const slices = slicesOf([run, { ...run, begin: 40, end: 70, times: run.times.map(later) }]);
  const shown = slices.slice(0, 8).map(({ track, kind, launch, node, phase, phases, start, ms }) =>
    `${track} ${kind} ${launch} ${node?.op.name} ${phase + 1}/${phases} ${start} ${ms}`
  );
  assert.deepEqual(shown, [
    "0 launch 0 total 1/2 10 10",
    "0 launch 2 axpy 1/1 20 10",
    "0 wait 2 axpy 1/1 30 10",
    "1 launch 0 total 1/2 10 2",
    "1 wait 0 total 1/2 12 8",
    "1 launch 0 total 2/2 20 5",
    "1 launch 2 axpy 1/1 25 15",
    "0 launch 3 total 1/2 40 10",
  ]);
});

function later(times: Float64Array): Float64Array {
  return times.map((ms) => ms + 30);
}

Deno.test("a wasm device measures the programs that it is asked to, on each of its threads", async () => {
  const device = await openWasmDevice(stepPlan(), { threads: 2, profile: true });
  try {
    const profiler = device.profiler!;
    assert.deepEqual(profiler.tracks, ["thread 0", "thread 1"]);
    device.write("x", all(1));
    device.write("y", all(2));
    device.run("step");
    await profiler.start(["step"]);
    const start = performance.now();
    device.run("step");
    device.run("read");
    device.run("step");
    const end = performance.now();
    const slices = await profiler.stop();
    device.run("step");
    assert.deepEqual(await device.read("y"), all(2 + 3 * 4));
    assert.deepEqual(await profiler.stop(), []);
    const launches = slices.filter(({ kind }) => kind === "launch");
    const names = (track: number) =>
      launches.filter((slice) => slice.track === track)
        .map(({ node, phase }) => `${node!.op.name} ${phase}`);
    // The second phase of the sum has one unit, which the last thread does.
    const [rows, whole] = [["total 0", "axpy 0"], ["total 0", "total 1", "axpy 0"]];
    assert.deepEqual(names(0), [...rows, ...rows]);
    assert.deepEqual(names(1), [...whole, ...whole]);
    for (const { start: from, ms } of slices) {
      assert.ok(ms >= 0 && from >= start - 0.01 && from + ms <= end + 0.01, `${from} + ${ms}`);
    }
  } finally {
    await device.close();
  }
});

Deno.test("a wasm device that is not opened for it has no profiler", async () => {
  const device = await openWasmDevice(stepPlan(), { threads: 1 });
  assert.equal(device.profiler, undefined);
  await device.close();
});
