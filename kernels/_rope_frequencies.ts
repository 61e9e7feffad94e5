/** How fast each pair of dims turns in `rope`, scaled to longer contexts as in Llama 3. */

import type { Attrs } from "../graph/ir/op.ts";
import { checkNumber } from "./_check_number.ts";

/**
 * Turns per position of each of the `width / 2` pairs of dims, for the attributes of a `rope` call:
 * `theta^(-2i / width) / (2 pi)` for pair i. With a `factor` above 1, wavelengths (positions per
 * turn) longer than `original_max_position_embeddings / low_freq_factor` grow by `factor`, those
 * shorter than `original_max_position_embeddings / high_freq_factor` stay, and between them the two
 * are mixed (transformers, `_compute_llama3_parameters`).
 */
export function ropeFrequencies(attrs: Attrs, width: number): number[] {
  const factor = Number(attrs.factor);
  const low = Number(attrs.low_freq_factor);
  const high = Number(attrs.high_freq_factor);
  const context = Number(attrs.original_max_position_embeddings);
  return Array.from({ length: width / 2 }, (_, pair) => {
    const turns = Number(attrs.theta) ** (-2 * pair / width) / (2 * Math.PI);
    if (factor === 1) return turns;
    const kept = Math.min(Math.max((context * turns - low) / (high - low), 0), 1);
    return (1 - kept) * (turns / factor) + kept * turns;
  });
}

/** Throws a RangeError for attributes that `ropeFrequencies` has no answer to. */
export function checkRopeFrequencies(attrs: Attrs): void {
  const { theta, factor, low_freq_factor: low, high_freq_factor: high } = attrs;
  if (!(Number(theta) > 0 && Number.isFinite(theta))) {
    throw new RangeError(`theta must be a number above 0, got ${theta}`);
  }
  if (!(Number(factor) >= 1 && Number.isFinite(factor))) {
    throw new RangeError(`factor must be a number of 1 or more, got ${factor}`);
  }
  checkNumber(attrs, "low_freq_factor");
  checkNumber(attrs, "high_freq_factor");
  checkNumber(attrs, "original_max_position_embeddings");
  if (Number(high) <= Number(low)) {
    throw new RangeError(`high_freq_factor must be above low_freq_factor ${low}, got ${high}`);
  }
}
