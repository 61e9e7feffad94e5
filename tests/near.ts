/** Comparison of numbers that were computed in different ways. */

import assert from "node:assert/strict";

/**
 * Asserts that two lists agree to `tolerance`, relative to the larger of 1 and the expected number.
 * NaN is never near anything.
 */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `length of ${what}`);
  for (let i = 0; i < expected.length; i++) {
    const near =
      Math.abs(actual[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]));
    if (!near && actual[i] !== expected[i]) {
      assert.fail(`${what} differs at ${i}: expected ${expected[i]}, got ${actual[i]}`);
    }
  }
}
