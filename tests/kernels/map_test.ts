import assert from "node:assert/strict";
import { createBuilder } from "../../graph/ir/build.ts";
import type { Value } from "../../graph/ir/graph.ts";
import { rewriteGraph } from "../../graph/ir/rewrite.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { fill } from "../../kernels/fill.ts";
import { map } from "../../kernels/map.ts";
import { broadcast } from "../../kernels/sum.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { interpret } from "../interpret.ts";
import { given, scalar, uniform } from "../sample.ts";

Deno.test("map() computes expressions of operands with shared dims", (t) =>
  checkOp(t, map, [
    {
      inputs: [uniform(1, { batch: 2, seq: 3, mlp: 6 }), uniform(2, { batch: 2, seq: 3, mlp: 6 })],
      attrs: { expr: "silu(gate) * up" },
      flops: 72,
    },
    {
      inputs: [
        uniform(3, { embed: 5 }),
        uniform(4, { batch: 2, seq: 3, embed: 5 }),
        uniform(5, { seq: 3 }),
        scalar(1.5),
      ],
      attrs: { expr: "(x + b) * exp(p) / s", names: ["b", "x", "p", "s"] },
    },
    { inputs: [uniform(6, { seq: 37 })], attrs: { expr: "gelu(x) - tanh(x) + 1" } },
    { inputs: [uniform(7, { batch: 1, y: 3 })], attrs: { expr: "y * y * y" } },
    { inputs: [uniform(7, { seq: 3 })], attrs: { expr: "-exp(x)" }, flops: 6 },
    {
      inputs: [scalar(2), scalar(5)],
      attrs: { expr: "where(b > a, -a + b, 0)", names: ["a", "b"] },
      expect: [[3]],
      flops: 4,
    },
    {
      inputs: [given({ seq: 4 }, [-1, 0, 0.5, 3])],
      attrs: { expr: "min(max(x, 0), 1)" },
      expect: [[0, 0, 0.5, 1]],
      smooth: false,
    },
    // The shape may come from an operand that the expression does not use, and `dy` is free.
    {
      inputs: [uniform(8, { seq: 3, embed: 2 }), uniform(9, { seq: 3 })],
      attrs: { expr: "dy * dy", names: ["like", "dy"] },
    },
  ]));

Deno.test("map() refuses operands and expressions that do not fit", () => {
  const x = tensor({ batch: 2, seq: 3 });
  const refused = (
    types: ReturnType<typeof tensor>[],
    attrs: Record<string, string | string[]>,
    message: string,
  ) => assertRefused(map, types, attrs, `Cannot call map: ${message}`);
  refused([x], { expr: "a < 1" }, "the expression must be an f32 number, it is bool");
  refused([x], { expr: "a + b" }, "the expression has 2 operands (a, b), got 1");
  refused([x], { expr: "a + b", names: ["a"] }, '"b" is no operand, expected a');
  refused([x, x], { expr: "a + a", names: ["a", "a"] }, "two operands have the name a");
  refused(
    [x, tensor({ seq: 4 })],
    { expr: "a + b" },
    "b must have dims of [batch=2 seq=3] in order, got [seq=4]",
  );
  refused(
    [x, tensor({ seq: 3, batch: 2 })],
    { expr: "a + b" },
    "b must have dims of [batch=2 seq=3] in order, got [seq=3 batch=2]",
  );
  refused(
    [x],
    { expr: "a +" },
    'Cannot parse expression: expected a value, got the end (column 4 of "a +")',
  );
});

/** The one call that a graph of maps is rewritten to, and its value for x = 2, w = 3. */
function fused(build: (call: ReturnType<typeof caller>, x: Value, w: Value) => Value) {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ seq: 1 }));
  const w = builder.input("w", tensor({}));
  const graph = builder.finish({ y: build(caller(builder), x, w) });
  const rewritten = rewriteGraph(graph);
  const values = { x: [2], w: [3] };
  assert.deepEqual(interpret(rewritten, values), interpret(graph, values));
  return rewritten.nodes.map(({ op, attrs }) => `${op.name} ${attrs.expr}`);
}

function caller(builder: ReturnType<typeof createBuilder>) {
  return {
    map: (expr: string, ...operands: Value[]) => builder.call(map, operands, { expr })[0],
    builder,
  };
}

Deno.test("map() takes in maps that nothing else reads", () => {
  assert.deepEqual(fused(({ map }, x, w) => map("a * b", map("x + 1", x), w)), [
    "map (x0 + 1) * x1",
  ]);
  const shared = fused(({ map }, x) => {
    const inner = map("exp(x)", x);
    return map("a * b", map("x + 1", inner), inner);
  });
  assert.deepEqual(shared, ["map exp(x)", "map (x0 + 1) * x0"]);
});

Deno.test("map() takes in constants and broadcasts, and keeps an operand of its shape", () => {
  const attrs = { dims: ["seq"], sizes: [1] };
  assert.deepEqual(
    fused(({ map, builder }, x) => {
      const [two] = builder.call(fill, [], { value: 2, ...attrs });
      return map("a * b", x, two);
    }),
    ["map 2 * x0"],
  );
  assert.deepEqual(
    fused(({ map, builder }, x, w) => {
      const [repeated] = builder.call(broadcast, [w], attrs);
      return map("a * b", x, repeated);
    }),
    ["map x0 * x1"],
  );
  assert.deepEqual(
    fused(({ map, builder }, x, w) => {
      const [repeated] = builder.call(broadcast, [w], attrs);
      return map("a * a + 0 * b", repeated, x);
    }),
    ["map x0 * x0"],
  );
});

Deno.test("map() repeats expressions of two operations, but no longer ones", () => {
  assert.deepEqual(
    fused(({ map }, x) => map("a * a", map("exp(x) + 1", x))),
    ["map (exp(x0) + 1) * (exp(x0) + 1)"],
  );
  const long = "exp(x) + tanh(x)";
  assert.deepEqual(fused(({ map }, x) => map("a * a", map(long, x))), [`map ${long}`, "map a * a"]);
  // Numbers and the other operand may occur often.
  assert.deepEqual(
    fused(({ map }, x) => map("a * 2 + 1", map(long, x))),
    ["map 2 * (exp(x0) + tanh(x0)) + 1"],
  );
  assert.deepEqual(
    fused(({ map }, x, w) => map("where(a > w, w, -w)", map(long, x), w)),
    ["map where(exp(x0) + tanh(x0) > x1, x1, -x1)"],
  );
});

Deno.test("map() takes in no more than 48 operations", () => {
  const nodes = fused(({ map }, x) => {
    let value = x;
    for (let i = 0; i < 50; i++) value = map("tanh(x)", value);
    return value;
  });
  const lengths = (list: string[]) => list.map((node) => node.split("tanh").length - 1);
  assert.deepEqual(lengths(nodes), [48, 2]);
  const long = (inner: string) => `${"tanh(".repeat(30)}${inner}${")".repeat(30)}`;
  const two = fused(({ map }, x) => map("a + b", map(long("x"), x), map(long("2 * x"), x)));
  assert.deepEqual(lengths(two), [30, 30]);
});

Deno.test("map() takes in no more than it has 7 operands, which with the result every GPU takes", () => {
  const builder = createBuilder();
  const inputs = Array.from({ length: 16 }, (_, i) => builder.input(`x${i}`, tensor({ seq: 1 })));
  const sum = inputs.reduce((left, right) =>
    builder.call(map, [left, right], { expr: "a + b", names: ["a", "b"] })[0]
  );
  const { nodes } = rewriteGraph(builder.finish({ sum }));
  assert.deepEqual(nodes.map((node) => node.inputs.length), [7, 7, 4]);
});

Deno.test("map() keeps a broadcast that gives it its shape", () => {
  const nodes = fused(({ map, builder }, _x, w) => {
    const [repeated] = builder.call(broadcast, [w], { dims: ["seq"], sizes: [1] });
    return map("a * b", repeated, w);
  });
  assert.deepEqual(nodes, ["broadcast undefined", "map a * b"]);
});
