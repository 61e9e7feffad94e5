import assert from "node:assert/strict";
import { createBuilder } from "../../graph/ir/build.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { globalNorm, sumOfSquares } from "../../kernels/sum_of_squares.ts";
import { checkOp } from "../check_op.ts";
import { interpret } from "../interpret.ts";
import { assertNear } from "../near.ts";
import { given, scalar, uniform } from "../sample.ts";

Deno.test("sumOfSquares() adds up squares", (t) =>
  checkOp(t, sumOfSquares, [
    { inputs: [uniform(1, { batch: 2, seq: 3, embed: 5 })], flops: 60 },
    { inputs: [given({ embed: 3 }, [1, -2, 3])], expect: [[14]] },
    { inputs: [scalar(-4)], expect: [[16]] },
    { inputs: [uniform(2, { embed: 70001 })], smooth: false },
    { inputs: [uniform(3, { vocab: 1000, embed: 64 })], smooth: false },
  ]));

function norm(clip: number, x0 = [2, -3], x1 = [6]) {
  const builder = createBuilder();
  const values = [tensor({ a: 2 }), tensor({ b: 1 })].map((type, i) =>
    builder.input(`x${i}`, type)
  );
  const graph = builder.finish({ ...globalNorm(builder, values, clip) });
  return interpret(graph, { x0, x1 });
}

Deno.test("globalNorm() is over all tensors, and its factor brings it down to the limit", () => {
  assert.deepEqual(norm(0), { norm: [7], scale: [1] });
  assert.deepEqual(norm(10), { norm: [7], scale: [1] });
  assertNear(norm(3.5).scale, [0.5], 1e-6, "scale");
  // PyTorch adds 1e-6 to the norm.
  assertNear(norm(1e-6, [0, 0], [1e-6]).scale, [0.5], 1e-6, "scale");
});
