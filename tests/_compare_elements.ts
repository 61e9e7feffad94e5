/** Compares results of kernels with those of references. */

import assert from "node:assert/strict";
import type { TensorType } from "../graph/ir/tensor.ts";
import type { Elements } from "../runtime/device.ts";

/**
 * Floats may differ by `tolerance` of the largest finite magnitude; integers, NaNs and infinities
 * must be the same.
 */
export function compareElements(
  actual: Elements,
  expected: Float64Array,
  { dtype }: TensorType,
  tolerance: number,
  what: string,
) {
  const largest = expected.filter(Number.isFinite)
    .reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < expected.length; i++) {
    const allowed = dtype === "f32" ? tolerance * largest : 0;
    if (actual[i] === expected[i] || Object.is(actual[i], expected[i])) continue;
    if (Math.abs(actual[i] - expected[i]) <= allowed) continue;
    assert.fail(`${what} differs at ${i}: the reference has ${expected[i]}, got ${actual[i]}`);
  }
}
