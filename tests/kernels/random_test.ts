import assert from "node:assert/strict";
import type { Op } from "../../graph/ir/op.ts";
import { randomNormal, randomUniform } from "../../kernels/random.ts";
import { checkOp } from "../check_op.ts";
import { referenceOf, scalar } from "../sample.ts";

const key = scalar(12345, "u32");

Deno.test("randomUniform() obeys its definition", (t) =>
  checkOp(t, randomUniform, [
    { inputs: [key], attrs: { dims: ["batch", "seq"], sizes: [3, 37] }, flops: 222 },
    {
      inputs: [scalar(4294967295, "u32")],
      attrs: { dims: ["a", "b", "c"], sizes: [2, 3, 5], stream: 9, low: -2, high: 6 },
    },
    { inputs: [key], attrs: { dims: [], sizes: [] } },
    { inputs: [key], attrs: { dims: "embed", sizes: 19 } },
  ]));

Deno.test("randomNormal() obeys its definition", (t) =>
  checkOp(t, randomNormal, [
    { inputs: [key], attrs: { dims: ["batch", "seq"], sizes: [3, 37] }, flops: 888 },
    {
      inputs: [scalar(4294967295, "u32")],
      attrs: { dims: ["a", "b", "c"], sizes: [2, 3, 5], stream: 9, mean: 5, std: 0.1 },
    },
    { inputs: [key], attrs: { dims: "embed", sizes: 19 } },
    // The first 24 bits are 0: the logarithm is of 2^-24.
    { inputs: [scalar(4166419, "u32")], attrs: { dims: [], sizes: [] }, expect: [[1.732531424]] },
  ]));

const COUNT = 20000;

function numbers(op: Op, attrs: Record<string, number>, seed = 1): Float64Array {
  const shape = { dims: ["seq"], sizes: [COUNT] };
  return referenceOf(op, { inputs: [scalar(seed, "u32")], attrs: { ...shape, ...attrs } })[0];
}

/** Asserts mean and variance to four standard errors; `fourth` is the fourth central moment. */
function assertMoments(values: Float64Array, mean: number, variance: number, fourth: number) {
  const sum = (list: Float64Array) => list.reduce((total, value) => total + value, 0);
  const found = sum(values) / COUNT;
  const spread = sum(values.map((value) => (value - mean) ** 2)) / COUNT;
  assert.ok(Math.abs(found - mean) < 4 * Math.sqrt(variance / COUNT), `mean ${found}`);
  const error = Math.sqrt((fourth - variance ** 2) / COUNT);
  assert.ok(Math.abs(spread - variance) < 4 * error, `variance ${spread}`);
}

Deno.test("randomUniform() fills its interval evenly", () => {
  const values = numbers(randomUniform, { low: 1, high: 3 });
  assert.ok(values.every((value) => value >= 1 && value < 3));
  assertMoments(values, 2, 1 / 3, 1 / 5);
});

Deno.test("randomNormal() has the moments of a normal distribution", () => {
  assertMoments(numbers(randomNormal, { mean: -1, std: 2 }), -1, 4, 48);
});

Deno.test("randomNormal() gives other numbers for other keys and streams", () => {
  const [first] = numbers(randomNormal, {});
  assert.equal(numbers(randomNormal, {})[0], first);
  assert.notEqual(numbers(randomNormal, {}, 2)[0], first);
  assert.notEqual(numbers(randomNormal, { stream: 1 })[0], first);
});
