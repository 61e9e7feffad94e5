import { tensor } from "../../graph/ir/tensor.ts";
import { mean } from "../../kernels/mean.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { given, uniform } from "../sample.ts";

Deno.test("mean() averages over any dims", (t) =>
  checkOp(t, mean, [
    { inputs: [uniform(1, { batch: 3, seq: 4, embed: 6 })], attrs: { dims: ["seq"] }, flops: 72 },
    { inputs: [uniform(2, { batch: 3, seq: 2, embed: 5 })], attrs: { dims: ["embed", "batch"] } },
    { inputs: [uniform(3, { batch: 2, embed: 7 })], attrs: { dims: ["batch", "embed"] } },
    { inputs: [uniform(4, { batch: 1, embed: 7 })], attrs: { dims: ["batch"] } },
    { inputs: [uniform(5, { batch: 5, embed: 130 })], attrs: { dims: ["embed"] }, smooth: false },
    {
      inputs: [given({ batch: 2, seq: 3 }, [1, 2, 3, 4, 5, 9])],
      attrs: { dims: ["seq"] },
      expect: [[2, 6]],
    },
  ]));

Deno.test("mean() refuses a dim that its operand does not have", () =>
  assertRefused(
    mean,
    [tensor({ batch: 2 })],
    { dims: ["seq"] },
    "Cannot call mean: dim seq is not in [batch=2]",
  ));
