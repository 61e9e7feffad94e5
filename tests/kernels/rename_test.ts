import assert from "node:assert/strict";
import { inferCall } from "../../graph/ir/infer.ts";
import { formatType, tensor } from "../../graph/ir/tensor.ts";
import { rename } from "../../kernels/rename.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { uniform } from "../sample.ts";

const x = tensor({ batch: 2, seq: 3, embed: 4 });

Deno.test("rename() gives dims other names", (t) =>
  checkOp(t, rename, [
    {
      inputs: [uniform(1, { batch: 2, seq: 3, embed: 4 })],
      attrs: { from: "seq", to: "keys" },
      flops: 0,
    },
    { inputs: [uniform(2, { a: 2, b: 3 })], attrs: { from: ["a", "b"], to: ["b", "a"] } },
    { inputs: [uniform(3, { batch: 2, seq: 1 })], attrs: { from: ["batch"], to: ["rows"] } },
    { inputs: [uniform(4, { embed: 2, seq: 2 })], attrs: { from: ["embed"], to: ["mlp"] } },
  ]));

Deno.test("rename() keeps the order, swaps names, and works on integers", () => {
  const swapped = inferCall(rename, [x], { from: ["seq", "batch"], to: ["batch", "seq"] });
  assert.equal(formatType(swapped.outputs[0]), "f32[seq=2 batch=3 embed=4]");
  const ids = inferCall(rename, [tensor({ seq: 3 }, "i32")], { from: ["seq"], to: ["keys"] });
  assert.equal(formatType(ids.outputs[0]), "i32[keys=3]");
});

Deno.test("rename() refuses dims that are missing, taken or without a partner", () => {
  assertRefused(
    rename,
    [x],
    { from: ["heads"], to: ["keys"] },
    "Cannot call rename: dim heads is not in [batch=2 seq=3 embed=4]",
  );
  assertRefused(
    rename,
    [x],
    { from: ["seq"], to: ["embed"] },
    "Cannot call rename: the result would have dim embed twice: [batch=2 embed=3 embed=4]",
  );
  assertRefused(
    rename,
    [x],
    { from: ["seq", "batch"], to: ["keys"] },
    "Cannot call rename: from names 2 dims but to names 1",
  );
});
