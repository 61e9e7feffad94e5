import { broadcast, sum } from "../../kernels/sum.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { given, uniform } from "../sample.ts";

Deno.test("sum() adds up over any dims", (t) =>
  checkOp(t, sum, [
    { inputs: [uniform(1, { batch: 3, seq: 4, embed: 6 })], attrs: { dims: ["seq"] }, flops: 72 },
    { inputs: [uniform(2, { batch: 3, seq: 2, embed: 5 })], attrs: { dims: ["embed", "batch"] } },
    { inputs: [uniform(3, { batch: 2, embed: 7 })], attrs: { dims: ["batch", "embed"] } },
    { inputs: [uniform(4, { batch: 1, embed: 7 })], attrs: { dims: ["batch"] } },
    { inputs: [uniform(5, { batch: 33, embed: 1 })], attrs: { dims: ["batch"] } },
    { inputs: [uniform(6, { batch: 131, embed: 130 })], attrs: { dims: ["embed"] }, smooth: false },
    { inputs: [uniform(7, { batch: 130, embed: 37 })], attrs: { dims: ["batch"] }, smooth: false },
    { inputs: [uniform(8, { seq: 20011 })], attrs: { dims: ["seq"] }, smooth: false },
    {
      inputs: [given({ batch: 2, seq: 3 }, [1, 2, 3, 4, 5, 6])],
      attrs: { dims: "seq" },
      expect: [[6, 15]],
    },
  ]));

Deno.test("sum() refuses dims that its operand does not have once", () => {
  const x = tensor({ batch: 2, seq: 3 });
  assertRefused(
    sum,
    [x],
    { dims: ["embed"] },
    "Cannot call sum: dim embed is not in [batch=2 seq=3]",
  );
  assertRefused(sum, [x], { dims: ["seq", "seq"] }, "Cannot call sum: dim seq is given twice");
});

Deno.test("broadcast() repeats along new dims", (t) =>
  checkOp(t, broadcast, [
    {
      inputs: [uniform(1, { batch: 3, embed: 4 })],
      attrs: { dims: ["batch", "seq", "embed"], sizes: [0, 2, 0] },
      flops: 0,
    },
    {
      inputs: [given({ seq: 2 }, [5, 7])],
      attrs: { dims: ["seq", "embed"], sizes: [0, 3] },
      expect: [[5, 5, 5, 7, 7, 7]],
    },
    {
      inputs: [given({}, [5])],
      attrs: { dims: ["seq"], sizes: [5] },
      expect: [[5, 5, 5, 5, 5]],
    },
    { inputs: [uniform(2, { seq: 3 })], attrs: { dims: ["one", "seq"], sizes: [1, 0] } },
  ]));

Deno.test("broadcast() refuses dims in another order", () =>
  assertRefused(
    broadcast,
    [tensor({ seq: 2, batch: 3 })],
    { dims: ["batch", "seq", "embed"], sizes: [0, 0, 4] },
    "Cannot call broadcast: x must have dims of [batch seq embed] in order, got [seq=2 batch=3]",
  ));
