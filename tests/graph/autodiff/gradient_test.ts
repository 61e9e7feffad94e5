import { equal, throws } from "node:assert/strict";
import { gradients } from "../../../graph/autodiff/gradient.ts";
import { createBuilder } from "../../../graph/ir/build.ts";
import { formatGraph } from "../../../graph/ir/format_graph.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { add, double, matmul } from "../_toy_ops.ts";

Deno.test("gradients() sums cotangents and leaves out what is not reached", () => {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ n: 4 }));
  const y = builder.input("y", tensor({ n: 4 }));
  const other = builder.input("other", tensor({ n: 4 }));
  const seed = builder.input("seed", tensor({ n: 4 }));
  const [twice] = builder.call(double, [x]);
  const [loss] = builder.call(add, [builder.call(add, [twice, x])[0], y]);
  const [dx, dy, none] = gradients(builder, loss, [x, y, other], {
    seed,
    add: (a, b) => builder.call(add, [a, b])[0],
  });
  equal(none, undefined);
  equal(
    formatGraph(builder.finish({ dx: dx!, dy: dy! })),
    `%0 = input x: f32[n=4]
%1 = input y: f32[n=4]
%2 = input other: f32[n=4]
%3 = input seed: f32[n=4]
%4 = double(%3): f32[n=4]
%5 = add(%3, %4): f32[n=4]
output dx = %5
output dy = %3
`,
  );
});

Deno.test("gradients() survives a graph far deeper than the call stack", () => {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ n: 1 }));
  let value = x;
  for (let i = 0; i < 50_000; i++) [value] = builder.call(double, [value]);
  const [dx] = gradients(builder, value, [x], {
    seed: builder.input("seed", tensor({ n: 1 })),
    add: (a) => a,
  });
  equal(builder.finish({ dx: dx! }).nodes.length, 50_000);
});

Deno.test("gradients() names an op without a gradient and where it stands", () => {
  const builder = createBuilder();
  const a = builder.input("a", tensor({ m: 2, k: 3 }));
  const b = builder.input("b", tensor({ k: 3, n: 2 }));
  builder.origin = { location: "p.yaml:3:5", path: "layers.0.q" };
  const [c] = builder.call(matmul, [a, b]);
  throws(() => gradients(builder, c, [a], { seed: c, add: (x) => x }), {
    name: "GradientError",
    message: "Cannot differentiate matmul: the op has no gradient",
    origin: builder.origin,
  });
});
