import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import type { Graph } from "../../../graph/ir/graph.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { createArena } from "../../../graph/plan/arena.ts";
import { bytesOf, makePlan } from "../../../graph/plan/make_plan.ts";
import type { Program } from "../../../graph/plan/plan.ts";
import { add, double, matmul, same } from "../_toy_ops.ts";

Deno.test("createArena() fits blocks into the smallest hole and merges neighbours", () => {
  const arena = createArena(64);
  const [a, b, c, d] = [64, 128, 64, 64].map((bytes) => arena.allocate(bytes));
  deepEqual([a, b, c, d], [64, 128, 256, 320]);
  arena.free(a, 64);
  arena.free(c, 64);
  equal(arena.allocate(10), 64);
  arena.free(b, 128);
  equal(arena.allocate(192), 128);
  equal(arena.peak, 384);
  arena.free(d, 64);
  equal(arena.allocate(65), 320);
  equal(arena.peak, 448);
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
  // Random graphs, replayed symbolically: every operand must still hold the value that was meant.
  let state = 1;
  const random = (n: number) => (state = (state * 48271) % 2147483647) % n;
  for (let round = 0; round < 200; round++) {
    const builder = createBuilder();
    const values = ["a", "b"].map((name) => builder.input(name, tensor({ m: 4, k: 4 })));
    for (let i = 0; i < 20; i++) {
      const x = values[random(values.length)];
      const y = values[random(values.length)];
      const op = [add, double, same][random(3)];
      values.push(builder.call(op, op === add ? [x, y] : [x])[0]);
    }
    const last = values.slice(-3);
    const graph = builder.finish({ a: last[0], c: last[1], d: last[2] });
    let plan;
    try {
      plan = makePlan({ step: graph });
    } catch (error) {
      ok(/is overwritten and also an output/.test(String(error)));
      continue;
    }
    replay(graph, plan.programs.get("step")!, plan.buffers, plan.bytes);
  }
});

/** Runs a program on memory that holds values' roots and fails where a launch reads another one. */
function replay(
  graph: Graph,
  program: Program,
  buffers: ReturnType<typeof makePlan>["buffers"],
  bytes: number,
) {
  const memory = new Map<number, number>();
  const root = (value: { node: unknown; id: number }): number => {
    const node = value.node as { op: unknown; inputs: { node: unknown; id: number }[] } | undefined;
    return node?.op === same ? root(node.inputs[0]) : value.id;
  };
  for (const [name, value] of graph.inputs) memory.set(buffers.get(name)!.address, value.id);
  for (const { node, inputs, outputs } of program.launches) {
    node.inputs.forEach((value, i) => equal(memory.get(inputs[i]), root(value)));
    node.outputs.forEach((value, i) => {
      ok(outputs[i] + bytesOf(value.type) <= bytes);
      memory.set(outputs[i], value.id);
    });
  }
  for (const { from, to } of program.copies) memory.set(to, memory.get(from)!);
  for (const [name, value] of graph.outputs) {
    equal(memory.get(buffers.get(name)!.address), root(value));
  }
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
