import assert from "node:assert/strict";
import { tensor } from "../../graph/ir/tensor.ts";
import { softmax, softmaxGrad } from "../../kernels/softmax.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { given, referenceOf, uniform } from "../sample.ts";

Deno.test("softmax() adds up to 1 over the last dim", (t) =>
  checkOp(t, softmax, [
    { inputs: [uniform(1, { batch: 2, heads: 3, seq: 4 })], flops: 144 },
    { inputs: [uniform(2, { batch: 3, keys: 7 }, -30, 30)], attrs: { scale: 0.3 } },
    { inputs: [uniform(3, { batch: 3, keys: 1 })] },
    { inputs: [uniform(4, { keys: 131 }, 80, 90)] },
    // Only scaled logits are small enough for the exponential.
    { inputs: [uniform(9, { batch: 2, keys: 5 }, -3000, 3000)], attrs: { scale: 0.01 } },
    {
      inputs: [uniform(5, { heads: 2, seq: 5, keys: 5 })],
      attrs: { causal: "seq", scale: 0.5 },
      flops: 180,
    },
    { inputs: [uniform(6, { seq: 3, keys: 6 })], attrs: { causal: "seq" }, flops: 90 },
    {
      inputs: [uniform(7, { heads: 2, seq: 19, keys: 19 })],
      attrs: { causal: "seq" },
      smooth: false,
    },
    { inputs: [uniform(8, { seq: 1, keys: 1 })], attrs: { causal: "seq" } },
    // Ties, and PyTorch's softmax of 0.5 x.
    {
      inputs: [given({ batch: 2, keys: 4 }, [1, 2, -3, 0.5, 0, 1, 1, -2])],
      attrs: { scale: 0.5 },
      expect: [[
        0.2806736,
        0.46275254,
        0.03798504,
        0.21858882,
        0.21434748,
        0.35339925,
        0.35339925,
        0.07885403,
      ]],
    },
    {
      inputs: [given({ seq: 3, keys: 3 }, [5, 9, 9, 2, 2, 9, 0, 0, 0])],
      attrs: { causal: "seq" },
      expect: [[1, 0, 0, 0.5, 0.5, 0, 1 / 3, 1 / 3, 1 / 3]],
    },
  ]));

Deno.test("softmax() of large and equal logits neither overflows nor loses its sum", () => {
  const [y] = referenceOf(softmax, { inputs: [given({ keys: 2 }, [1e30, 1e30])] });
  assert.deepEqual([...y], [0.5, 0.5]);
});

Deno.test("softmax() refuses a causal dim in another place", () => {
  const refused = (sizes: Record<string, number>, dims: string) =>
    assertRefused(
      softmax,
      [tensor(sizes)],
      { causal: "seq" },
      "Cannot call softmax: the dim before the last must be seq, no longer than the last, " +
        `got ${dims}`,
    );
  refused({ seq: 3, heads: 2, keys: 3 }, "[seq=3 heads=2 keys=3]");
  refused({ seq: 4, keys: 3 }, "[seq=4 keys=3]");
  refused({ seq: 4 }, "[seq=4]");
});

Deno.test("softmaxGrad() is consistent over shards and engines", (t) =>
  checkOp(t, softmaxGrad, [
    {
      inputs: [
        uniform(1, { batch: 2, seq: 3, keys: 6 }),
        uniform(2, { batch: 2, seq: 3, keys: 6 }),
      ],
      attrs: { scale: 0.25 },
      flops: 180,
    },
    {
      inputs: [uniform(3, { batch: 3, keys: 131 }), uniform(4, { batch: 3, keys: 131 })],
    },
    {
      inputs: [
        uniform(5, { heads: 2, seq: 5, keys: 5 }),
        uniform(6, { heads: 2, seq: 5, keys: 5 }),
      ],
      attrs: { causal: "seq" },
      flops: 150,
    },
    {
      inputs: [uniform(7, { seq: 3, keys: 6 }), uniform(8, { seq: 3, keys: 6 })],
      attrs: { causal: "seq", scale: 3 },
    },
  ]));
