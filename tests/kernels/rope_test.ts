import { tensor } from "../../graph/ir/tensor.ts";
import { rope } from "../../kernels/rope.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { given, uniform } from "../sample.ts";

Deno.test("rope() rotates pairs by angles that grow with the position", (t) =>
  checkOp(t, rope, [
    { inputs: [uniform(1, { batch: 2, seq: 3, heads: 2, head_dim: 8 })], flops: 288 },
    {
      inputs: [uniform(2, { heads: 2, rows: 5, head_dim: 6 })],
      attrs: { seq: "rows", theta: 500 },
    },
    {
      inputs: [uniform(3, { seq: 3, head_dim: 10 })],
      attrs: { interleaved: true, offset: 7, inverse: true },
    },
    { inputs: [uniform(4, { seq: 2, heads: 3, head_dim: 16 })], attrs: { interleaved: true } },
    { inputs: [uniform(5, { seq: 2, head_dim: 2 })], attrs: { offset: 3 } },
    { inputs: [uniform(6, { seq: 1, head_dim: 24 })], attrs: { inverse: true, offset: 100000 } },
    { inputs: [uniform(7, { seq: 130, heads: 3, head_dim: 36 })], smooth: false },
    {
      inputs: [uniform(8, { seq: 40, head_dim: 12 })],
      attrs: { factor: 4, original_max_position_embeddings: 64, offset: 3 },
      smooth: false,
    },
    // transformers' apply_rotary_pos_emb.
    {
      inputs: [given({ seq: 3, head_dim: 4 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])],
      expect: [[
        ...[1, 2, 3, 4],
        ...[-3.188785364, 5.919701336, 7.989471065, 8.059599003],
        ...[-13.747593224, 9.758016066, 3.606061639, 12.197586747],
      ]],
    },
    // A quarter turn per position, for the second pair.
    {
      inputs: [given({ seq: 2, head_dim: 4 }, [1, 2, 3, 4, 1, 2, 3, 4])],
      attrs: { interleaved: true, theta: (2 / Math.PI) ** 2, offset: 1, inverse: false },
      expect: [[
        ...[Math.cos(1) - 2 * Math.sin(1), 2 * Math.cos(1) + Math.sin(1), -4, 3],
        ...[Math.cos(2) - 2 * Math.sin(2), 2 * Math.cos(2) + Math.sin(2), -3, -4],
      ]],
    },
  ], { tolerance: 2e-7 }));

Deno.test("rope() refuses what it cannot rotate", () => {
  const refused = (
    sizes: Record<string, number>,
    attrs: Record<string, string | number>,
    message: string,
  ) => assertRefused(rope, [tensor(sizes)], attrs, `Cannot call rope: ${message}`);
  refused(
    { seq: 2, head_dim: 3 },
    {},
    "the last dim of x must be even and not seq, got [seq=2 head_dim=3]",
  );
  refused(
    { heads: 2, seq: 4 },
    {},
    "the last dim of x must be even and not seq, got [heads=2 seq=4]",
  );
  refused({}, {}, "the last dim of x must be even and not seq, got []");
  refused({ heads: 2, head_dim: 4 }, {}, "dim seq is not in [heads=2 head_dim=4]");
  refused({ seq: 2, head_dim: 4 }, { offset: -1 }, "offset must be an integer from 0, got -1");
  refused({ seq: 2, head_dim: 4 }, { offset: 0.5 }, "offset must be an integer from 0, got 0.5");
});
