import assert from "node:assert/strict";
import { tensor } from "../../graph/ir/tensor.ts";
import { dropout } from "../../kernels/dropout.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { given, referenceOf, scalar, uniform } from "../sample.ts";

Deno.test("dropout() sets elements to 0 and scales up the others", (t) =>
  checkOp(t, dropout, [
    {
      inputs: [uniform(1, { batch: 3, seq: 4, embed: 5 }), scalar(12345, "u32")],
      attrs: { p: 0.4 },
      flops: 60,
    },
    {
      inputs: [uniform(2, { seq: 37, embed: 19 }), scalar(4294967295, "u32")],
      attrs: { p: 0.1, stream: 7 },
      smooth: false,
    },
    { inputs: [uniform(3, { embed: 3 }), scalar(0, "u32")], attrs: { p: 0 } },
    { inputs: [scalar(2), scalar(9, "u32")], attrs: { p: 0.9 } },
  ]));

/** Elements of 2 * ones that stay, by index. */
function kept(size: number, key: number, p: number, stream: number): number[] {
  const inputs = [given({ seq: size }, new Array(size).fill(2)), scalar(key, "u32")];
  const [y] = referenceOf(dropout, { inputs, attrs: { p, stream } });
  for (const value of y) assert.ok(value === 0 || Math.abs(value - 2 / (1 - p)) < 1e-12);
  return [...y.keys()].filter((i) => y[i] !== 0);
}

Deno.test("dropout() keeps a share of 1 - p, other elements for other keys and streams", () => {
  const share = kept(20000, 1, 0.25, 0).length / 20000;
  // Four standard deviations of the binomial distribution.
  assert.ok(Math.abs(share - 0.75) < 4 * Math.sqrt(0.75 * 0.25 / 20000), `share ${share}`);
  assert.deepEqual(kept(64, 5, 0.5, 3), kept(64, 5, 0.5, 3));
  assert.notDeepEqual(kept(64, 5, 0.5, 3), kept(64, 6, 0.5, 3));
  assert.notDeepEqual(kept(64, 5, 0.5, 3), kept(64, 5, 0.5, 4));
});

Deno.test("dropout() refuses probabilities outside [0, 1)", () => {
  const types = [tensor({ seq: 2 }), tensor({}, "u32")];
  for (const p of [1, -0.1]) {
    const message = `Cannot call dropout: p must be a number from 0 to below 1, got ${p}`;
    assertRefused(dropout, types, { p }, message);
  }
});
