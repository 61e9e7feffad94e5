import assert from "node:assert/strict";
import { createBuilder } from "../../graph/ir/build.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { max } from "../../kernels/max.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { interpret } from "../interpret.ts";
import { given, uniform } from "../sample.ts";

Deno.test("max() finds the largest over any dims", (t) =>
  checkOp(t, max, [
    { inputs: [uniform(1, { batch: 3, seq: 4, embed: 6 })], attrs: { dims: ["seq"] }, flops: 72 },
    { inputs: [uniform(2, { batch: 3, seq: 2, embed: 5 })], attrs: { dims: ["embed", "batch"] } },
    { inputs: [uniform(3, { batch: 2, embed: 7 })], attrs: { dims: ["batch", "embed"] } },
    { inputs: [uniform(4, { batch: 3, embed: 7 }, -9, -1)], attrs: { dims: ["embed"] } },
    { inputs: [uniform(5, { batch: 1, embed: 7 })], attrs: { dims: ["batch"] } },
    { inputs: [uniform(6, { batch: 5, embed: 130 })], attrs: { dims: ["embed"] }, smooth: false },
    {
      inputs: [given({ batch: 2, seq: 3 }, [-1, -2, -3, 4, 7, 7])],
      attrs: { dims: ["seq"] },
      expect: [[-1, 7]],
      smooth: false,
    },
  ]));

Deno.test("max() refuses a dim that its operand does not have", () =>
  assertRefused(
    max,
    [tensor({ batch: 2 })],
    { dims: ["seq"] },
    "Cannot call max: dim seq is not in [batch=2]",
  ));

Deno.test("max() shares the gradient evenly among equal largest values", () => {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ seq: 4 }));
  const dy = builder.input("dy", tensor({}));
  const [y] = builder.call(max, [x], { dims: ["seq"] });
  const [dx] = max.vjp!(builder, y.node!, [dy]);
  const values = { x: [3, 5, 5, 1], dy: [4] };
  assert.deepEqual(interpret(builder.finish({ dx: dx! }), values), { dx: [0, 2, 2, 0] });
});
