import assert from "node:assert/strict";
import { inferCall } from "../../graph/ir/infer.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { concat } from "../../kernels/concat.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { given, uniform } from "../sample.ts";

Deno.test("concat() joins tensors along a dim", (t) =>
  checkOp(t, concat, [
    {
      inputs: [
        uniform(1, { batch: 2, seq: 3, embed: 5 }),
        uniform(2, { batch: 2, seq: 1, embed: 5 }),
        uniform(3, { batch: 2, seq: 2, embed: 5 }),
      ],
      attrs: { dim: "seq" },
      flops: 0,
    },
    {
      inputs: [uniform(4, { batch: 3, embed: 3 }), uniform(5, { batch: 3, embed: 6 })],
      attrs: { dim: "embed" },
    },
    { inputs: [uniform(6, { batch: 2, seq: 1 })], attrs: { dim: "seq" } },
    {
      inputs: [given({ a: 2, b: 1 }, [1, 2]), given({ a: 2, b: 2 }, [3, 4, 5, 6])],
      attrs: { dim: "b" },
      expect: [[1, 3, 4, 2, 5, 6]],
    },
    // More operands than a launch on webgpu can have.
    {
      inputs: Array.from(
        { length: 20 },
        (_, i) => uniform(i, { batch: 2, seq: 2 + i % 3, embed: 4 }),
      ),
      attrs: { dim: "seq" },
    },
  ]));

Deno.test("concat() of one tensor moves no data", () => {
  const call = inferCall(concat, [tensor({ seq: 3 })], { dim: "seq" });
  assert.equal(concat.alias!(call), true);
});

Deno.test("concat() refuses tensors that differ elsewhere", () =>
  assertRefused(
    concat,
    [tensor({ batch: 2, seq: 3 }), tensor({ batch: 4, seq: 3 })],
    { dim: "seq" },
    "Cannot call concat: dim batch is batch=2 in x but batch=4 in operand 2",
  ));
