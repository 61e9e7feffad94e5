import assert from "node:assert/strict";
import { createBuilder } from "../../graph/ir/build.ts";
import type { Op } from "../../graph/ir/op.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { makePlan } from "../../graph/plan/make_plan.ts";
import type { Plan } from "../../graph/plan/plan.ts";
import type { Device } from "../../runtime/device.ts";
import { openReferenceDevice } from "../../runtime/reference/open_reference_device.ts";
import { openWasmDevice } from "../../runtime/wasm/open_wasm_device.ts";
import { openWebgpuDevice } from "../../runtime/webgpu/open_webgpu_device.ts";
import { webgpuTest } from "../webgpu_engine.ts";
import { axpy, renamed, slow, total, trapping } from "./_test_ops.ts";

const ROWS = 7;
const COLUMNS = 13;

/**
 * A program that updates `y` in place, copies values into two more buffers, and sums twice through
 * scratch.
 */
function samplePlan(): Plan {
  const step = createBuilder();
  const type = tensor({ rows: ROWS, columns: COLUMNS });
  const x = step.input("x", type);
  const y = step.input("y", type);
  const [once] = step.call(axpy, [x, y]);
  const [twice] = step.call(axpy, [once, once]);
  const [sum] = step.call(total, [twice]);
  const [before] = step.call(total, [x]);
  const [row] = step.call(renamed, [twice]);
  const other = createBuilder();
  const [z] = other.call(total, [other.input("y", type)]);
  return makePlan({
    step: step.finish({ y: twice, sum, before, row, kept: x }),
    other: other.finish({ z }),
  });
}

function samples(seed: number): Float32Array {
  return Float32Array.from(
    { length: ROWS * COLUMNS },
    (_, i) => Math.sin(seed + 1.7 * i) / (1 + seed),
  );
}

/** Every buffer of the sample plan after two runs. */
async function runSample(device: Device): Promise<Record<string, number[]>> {
  try {
    for (const [seed, name] of ["x", "y"].entries()) device.write(name, samples(seed));
    device.run("step");
    device.run("step");
    device.run("other");
    const results: Record<string, number[]> = {};
    for (const name of device.plan.buffers.keys()) results[name] = [...await device.read(name)];
    return results;
  } finally {
    await device.close();
  }
}

Deno.test("openWasmDevice() gives the same bits with 1, 2 and 3 threads", async () => {
  const one = await runSample(await openWasmDevice(samplePlan(), { threads: 1 }));
  const x = samples(0), y = samples(1);
  // In f32, as the kernels compute: y <- 4 (3 x + y), twice.
  const f = Math.fround;
  const update = (x: number, y: number) => {
    const once = f(f(x * 3) + y);
    return f(f(once * 3) + once);
  };
  const expected = [...y].map((value, i) => update(x[i], update(x[i], value)));
  assert.deepEqual(one.y, expected);
  assert.deepEqual(one.row, expected);
  for (const threads of [2, 3]) {
    assert.deepEqual(await runSample(await openWasmDevice(samplePlan(), { threads })), one);
  }
});

/** Every engine, by the function that makes its tests. */
const engines: readonly [
  name: string,
  test: typeof webgpuTest,
  open: (plan: Plan) => Device | Promise<Device>,
][] = [
  ["reference", Deno.test, openReferenceDevice],
  ["wasm", Deno.test, (plan) => openWasmDevice(plan, { threads: 2 })],
  ["webgpu", webgpuTest, (plan) => openWebgpuDevice(plan)],
];

for (const [engine, test, open] of engines) {
  test(`Device.run() computes what the reference engine does (${engine})`, async () => {
    const found = await runSample(await open(samplePlan()));
    const reference = await runSample(openReferenceDevice(samplePlan()));
    assert.deepEqual(Object.keys(found), Object.keys(reference));
    for (const [name, values] of Object.entries(reference)) {
      values.forEach((value, i) => {
        const difference = Math.abs(found[name][i] - value);
        assert.ok(difference <= 1e-5 * Math.max(1, Math.abs(value)), `${name}[${i}] is off`);
      });
    }
  });

  test(`Device.run() swaps buffers that a program gives each other's names (${engine})`, async () => {
    const builder = createBuilder();
    const type = tensor({ row: 5 });
    const [a, b] = ["a", "b"].map((name) => builder.input(name, type));
    const [c] = builder.call(axpy, [a, b]);
    const [d] = builder.call(axpy, [b, a]);
    const device = await open(makePlan({ step: builder.finish({ a: c, b: d }) }));
    device.write("a", [1, 2, 3, 4, 5]);
    device.write("b", [10, 20, 30, 40, 50]);
    device.run("step");
    assert.deepEqual([...await device.read("a")], [13, 26, 39, 52, 65]);
    assert.deepEqual([...await device.read("b")], [31, 62, 93, 124, 155]);
    await device.close();
  });

  test(`Device.snapshot() keeps what buffers held when it was called (${engine})`, async () => {
    const device = await open(samplePlan());
    device.write("y", samples(1));
    device.run("other");
    const [first, second] = [device.snapshot(["z", "y"]), device.snapshot([])];
    device.write("y", samples(2));
    device.run("other");
    const third = device.snapshot(["y"]);
    const [[sum], y] = await first.elements();
    assert.deepEqual(Float32Array.from(y), samples(1));
    assert.ok(Math.abs(sum - samples(1).reduce((a, b) => a + b)) < 1e-5);
    assert.deepEqual(await second.elements(), []);
    assert.deepEqual(Float32Array.from((await third.elements())[0]), samples(2));
    await device.close();
  });

  test(`Device keeps integers as they are (${engine})`, async () => {
    const builder = createBuilder();
    const [ids, bits] = [
      builder.input("ids", tensor({ row: 3 }, "i32")),
      builder.input("bits", tensor({ row: 3 }, "u32")),
    ];
    const device = await open(makePlan({ step: builder.finish({ kept: ids, same: bits }) }));
    device.write("ids", [-1, 2 ** 31 - 1, -(2 ** 31)]);
    device.write("bits", Float64Array.of(0x7fa00001, 2 ** 32 - 1, 0));
    device.run("step");
    const [kept, same] = await Promise.all([device.read("kept"), device.read("same")]);
    assert.deepEqual([...kept], [-1, 2 ** 31 - 1, -(2 ** 31)]);
    assert.deepEqual([...same], [0x7fa00001, 2 ** 32 - 1, 0]);
    await device.close();
  });

  test(`Device refuses unknown names and wrong lengths (${engine})`, async () => {
    const device = await open(samplePlan());
    const { name } = device;
    assert.throws(() => device.write("w", [1]), {
      message: `Cannot write buffer w of ${name}: its plan has no buffer of that name`,
    });
    assert.throws(() => device.write("x", [1, 2]), {
      message:
        `Cannot write buffer x of ${name}: got 2 elements, expected 91 for f32[rows=7 columns=13]`,
    });
    assert.throws(() => device.run("train"), {
      message: `Cannot run program train on ${name}: its programs are step, other`,
    });
    assert.throws(() => device.snapshot(["x", "w"]), {
      message: `Cannot snapshot buffer w of ${name}: its plan has no buffer of that name`,
    });
    await assert.rejects(device.read("w"), {
      message: `Cannot read buffer w of ${name}: its plan has no buffer of that name`,
    });
    await device.close();
  });
}

/** A plan of one program whose op fails at element `at` of 100. */
function faultyPlan(op: Op, at: number): Plan {
  const builder = createBuilder();
  const [out] = builder.call(op, [builder.input("x", tensor({ row: 100 }))], { AT: at });
  return makePlan({ step: builder.finish({ out }) });
}

Deno.test("Device.run() names the op and the thread when a kernel traps", async () => {
  for (const [at, thread] of [[0, 0], [99, 1]]) {
    const device = await openWasmDevice(faultyPlan(trapping, at), { threads: 2 });
    assert.throws(() => device.run("step"), {
      message:
        "Cannot run program step on device 0 (wasm, 2 threads): op trapping: f32[row=100] -> " +
        `f32[row=100] failed in thread ${thread}: memory access out of bounds`,
    });
    assert.throws(() => device.run("step"), {
      message: "Cannot run program step on device 0 (wasm, 2 threads): it has failed before",
    });
    await device.close();
  }
});

Deno.test("Device.run() gives up on a thread that does not come back", async () => {
  const device = await openWasmDevice(faultyPlan(slow, 99), { threads: 2, patienceMs: 5 });
  assert.throws(() => device.run("step"), {
    message: "Cannot run program step on device 0 (wasm, 2 threads): op slow: f32[row=100] -> " +
      "f32[row=100] failed in thread 1: it did not finish within 0.1 s",
  });
  await device.close();
});

Deno.test("Device.run() passes on what a reference says", () => {
  const device = openReferenceDevice(faultyPlan(trapping, 0));
  assert.throws(() => device.run("step"), {
    message: "Cannot run program step on device 0 (reference): op trapping: f32[row=100] -> " +
      "f32[row=100] failed: element is bad",
  });
});

Deno.test("Device.close() can be called twice and ends the device", async () => {
  const device = await openWasmDevice(samplePlan(), { threads: 2 });
  await Promise.all([device.close(), device.close()]);
  assert.throws(() => device.run("step"), {
    message: "Cannot run program step on device 0 (wasm, 2 threads): it is closed",
  });
});

Deno.test("openWasmDevice() refuses plans beyond 4 GiB and thread counts below 1", async () => {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ rows: 2 ** 15, columns: 2 ** 16 }));
  const [out] = builder.call(axpy, [x, x]);
  const plan = makePlan({ step: builder.finish({ out }) });
  await assert.rejects(openWasmDevice(plan, { threads: 1 }), {
    message: "Cannot open device 0 (wasm, 1 thread): the plan needs 16.00 GiB, " +
      "a WebAssembly memory holds 4 GiB at most",
  });
  await assert.rejects(openWasmDevice(plan, { threads: 0 }), {
    message:
      "Cannot open device 0 (wasm, 0 threads): the number of threads must be an integer >= 1",
  });
});
