import assert from "node:assert/strict";
import { createRandom } from "../../../pipelines/compile/random.ts";
import { sampleToken } from "../../../pipelines/eval/sample_token.ts";

const logits = Float32Array.of(0, Math.log(3), -Infinity, Math.log(4), Math.log(2));

function shares(temperature: number, top_k: number): number[] {
  const random = createRandom(1);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < 20_000; i++) counts[sampleToken(logits, { temperature, top_k }, random)]++;
  return counts.map((count) => count / 20_000);
}

function assertShares(found: readonly number[], expected: readonly number[]) {
  found.forEach((share, i) => assert.ok(Math.abs(share - expected[i]) < 0.015, `${found}`));
}

Deno.test("sampleToken() draws with the probabilities of a softmax", () => {
  assertShares(shares(1, 0), [0.1, 0.3, 0, 0.4, 0.2]);
  assertShares(shares(0.5, 0), [1 / 30, 9 / 30, 0, 16 / 30, 4 / 30]);
});

Deno.test("sampleToken() draws among the likeliest k", () => {
  assertShares(shares(1, 2), [0, 3 / 7, 0, 4 / 7, 0]);
  assertShares(shares(1, 1), [0, 0, 0, 1, 0]);
  assertShares(shares(1, 99), [0.1, 0.3, 0, 0.4, 0.2]);
});

Deno.test("sampleToken() at temperature 0 takes the likeliest, the first of equal ones", () => {
  assert.deepEqual(shares(0, 0), [0, 0, 0, 1, 0]);
  assert.equal(sampleToken([1, 2, 2], { temperature: 0, top_k: 0 }, createRandom(1)), 1);
  assert.equal(sampleToken([2, 2, 1], { temperature: 1, top_k: 1 }, createRandom(1)), 0);
});
