import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import { defineOp } from "../../../graph/ir/define_op.ts";
import type { Graph, Value } from "../../../graph/ir/graph.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { createArena } from "../../../graph/plan/arena.ts";
import { bytesOf, makePlan, rootOf } from "../../../graph/plan/make_plan.ts";
import type { Program } from "../../../graph/plan/plan.ts";
import { add, double, matmul, same } from "../_toy_ops.ts";

Deno.test("createArena() fits blocks into the smallest hole and merges neighbours", () => {
  const arena = createArena(256);
  const [a, b, c, d] = [256, 512, 256, 256].map((bytes) => arena.allocate(bytes));
  deepEqual([a, b, c, d], [256, 512, 1024, 1280]);
  arena.free(a, 256);
  arena.free(c, 256);
  equal(arena.allocate(10), 256);
  arena.free(b, 512);
  equal(arena.allocate(768), 512);
  equal(arena.peak, 1536);
  arena.free(d, 256);
  equal(arena.allocate(257), 1280);
  equal(arena.peak, 1792);
});

Deno.test("makePlan() updates a buffer in place where nothing reads it later", () => {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ n: 4 }));
  const [y] = builder.call(double, [x]);
  const plan = makePlan({ step: builder.finish({ x: y }) });
  const program = plan.programs.get("step")!;
  deepEqual(program.copies, []);
  deepEqual(program.launches[0].outputs, [plan.buffers.get("x")!.address]);
});

Deno.test("makePlan() copies at the end where the old value is still read", () => {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ n: 4 }));
  const [y] = builder.call(double, [x]);
  const [z] = builder.call(add, [y, x]);
  const plan = makePlan({ step: builder.finish({ x: y, z }) });
  const { launches, copies } = plan.programs.get("step")!;
  const home = plan.buffers.get("x")!.address;
  deepEqual(copies, [{ from: launches[0].outputs[0], to: home, bytes: 16 }]);
  ok(launches[0].outputs[0] !== home);
});

Deno.test("makePlan() shares buffers by name and refuses a disagreement on their type", () => {
  const program = (size: number): Graph => {
    const builder = createBuilder();
    const x = builder.input("x", tensor({ n: size }));
    return builder.finish({ y: builder.call(double, [x])[0] });
  };
  const plan = makePlan({ a: program(4), b: program(4) });
  deepEqual([...plan.buffers.keys()], ["x", "y"]);
  throws(() => makePlan({ a: program(4), b: program(5) }), {
    message: "Cannot plan b: buffer x is f32[n=5], elsewhere it is f32[n=4]",
  });
});

Deno.test("makePlan() refuses an input that is overwritten and an output as well", () => {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ n: 4 }));
  throws(
    () => makePlan({ step: builder.finish({ x: builder.call(double, [x])[0], old: x }) }),
    /input x is overwritten and also an output/,
  );
});

Deno.test("makePlan() never lets two live values share memory", () => {
  // Random graphs of values of many sizes, replayed symbolically: every operand must still be
  // whole.
  let state = 1;
  const random = (n: number) => (state = (state * 48271) % 2147483647) % n;
  let planned = 0;
  for (let round = 0; round < 400; round++) {
    const builder = createBuilder();
    const values = [16, 40, 100].flatMap((size) => [
      builder.input(`a${size}`, tensor({ n: size })),
      builder.input(`b${size}`, tensor({ n: size })),
    ]);
    for (let i = 0; i < 24; i++) {
      const x = values[random(values.length)];
      const alike = values.filter(({ type }) => type.dims[0].size === x.type.dims[0].size);
      const y = alike[random(alike.length)];
      const z = values[random(values.length)];
      const choice = random(5);
      if (choice === 0) values.push(...builder.call(add, [x, y]));
      else if (choice === 1) values.push(...builder.call(double, [x]));
      else if (choice === 2) values.push(...builder.call(same, [x]));
      else if (choice === 3) values.push(...builder.call(spread, [x, z]));
      else values.push(...builder.call(exchange, [x, y]));
    }
    const last = values.slice(-3);
    const update = last.find(({ type }) => type.dims[0].size === 40);
    const graph = builder.finish({
      c: last[0],
      d: last[1],
      e: last[2],
      ...(update ? { a40: update } : {}),
    });
    try {
      const plan = makePlan({ step: graph });
      replay(graph, plan.programs.get("step")!, plan.buffers, plan.bytes);
      planned++;
    } catch (error) {
      if (!/is overwritten and also an output/.test(String(error))) throw error;
    }
  }
  ok(planned > 200);
});

/** An op with the size of its second operand that may overwrite its first: only if that fits. */
const spread = defineOp({
  name: "spread",
  doc: "Test: a result of another size than the operand it may overwrite.",
  inputs: ["x", "like"],
  outputs: ["y"],
  signature: "N, M -> M",
  inPlace: { y: "x" },
  flops: () => 0,
  reference: ([, like]) => [like],
});

/** Two results, each of which may overwrite one operand. */
const exchange = defineOp({
  name: "exchange",
  doc: "Test: two results in place.",
  inputs: ["x", "y"],
  outputs: ["p", "q"],
  signature: "N, N -> N, N",
  inPlace: { p: "x", q: "y" },
  flops: () => 0,
  reference: ([x, y]) => [x, y],
});

/**
 * Runs a program on bytes that know whose they are; fails where a launch reads those of another.
 */
function replay(
  graph: Graph,
  program: Program,
  buffers: ReturnType<typeof makePlan>["buffers"],
  bytes: number,
) {
  const memory = new Int32Array(bytes / 4).fill(-1);
  const write = (address: number, value: Value, owner: number) => {
    ok(address + bytesOf(value.type) <= bytes);
    memory.fill(owner, address / 4, (address + bytesOf(value.type)) / 4);
  };
  const expect = (address: number, value: Value) => {
    const owners = memory.subarray(address / 4, (address + bytesOf(value.type)) / 4);
    ok(owners.every((owner) => owner === rootOf(value).id), `value ${value.id} was overwritten`);
  };
  for (const [name, value] of graph.inputs) write(buffers.get(name)!.address, value, value.id);
  for (const { node, inputs, outputs } of program.launches) {
    node.inputs.forEach((value, i) => expect(inputs[i], value));
    node.outputs.forEach((value, i) => write(outputs[i], value, value.id));
    node.outputs.forEach((value, i) => expect(outputs[i], value));
  }
  for (const { from, to, bytes: length } of program.copies) {
    memory.copyWithin(to / 4, from / 4, (from + length) / 4);
  }
  for (const [name, value] of graph.outputs) expect(buffers.get(name)!.address, value);
}

Deno.test("makePlan() reuses memory: a chain takes two blocks however long it is", () => {
  const builder = createBuilder();
  let value = builder.input("x", tensor({ n: 256, m: 256 }));
  const there = builder.input("there", tensor({ m: 256, k: 256 }));
  const back = builder.input("back", tensor({ k: 256, m: 256 }));
  for (let i = 0; i < 10; i++) [value] = builder.call(matmul, [value, i % 2 === 0 ? there : back]);
  const plan = makePlan({ step: builder.finish({ y: value }) });
  equal(plan.bytes, (4 + 2) * 256 * 256 * 4);
});
