/** Checks of attributes that are numbers. */

import type { Attrs } from "../graph/ir/op.ts";

/** Throws a RangeError unless the attribute `name` is a number of 0 or more, and below `below`. */
export function checkNumber(attrs: Attrs, name: string, below = Infinity): void {
  const value = attrs[name];
  if (typeof value === "number" && value >= 0 && value < below) return;
  const range = below === Infinity ? "a number of 0 or more" : `a number from 0 to below ${below}`;
  throw new RangeError(`${name} must be ${range}, got ${value}`);
}
