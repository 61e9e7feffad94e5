/** What a definition asks for, in a few words: the "expected" of error messages and of the docs. */

import { shapeOf } from "./shape.ts";
import type { Def, NumberShape } from "./shape.ts";

/** E.g. `an integer of 1 or more`, `one of bpe, char`, `a dim, or a list of them`. */
export function expectation(def: Def<unknown>): string {
  const shape = shapeOf(def);
  switch (shape.type) {
    case "string":
      return shape.expected ?? "text";
    case "number":
      return numberWords(shape);
    case "boolean":
      return "true or false";
    case "null":
      return "nothing";
    case "enum":
      return shape.values.length === 1 ? shape.values[0] : `one of ${shape.values.join(", ")}`;
    case "list":
      if (shape.max < 10) return `a list of ${shape.max}, each ${expectation(shape.item)}`;
      return `a list, each item ${expectation(shape.item)}`;
    case "map":
    case "object":
    case "tagged":
      return "a map";
    case "union":
      return either(shape.options.map(expectation));
    case "shorthand": {
      const full = shapeOf(shape.full);
      const short = expectation(shape.short);
      if (full.type !== "list" || shapeOf(shape.short).type === "list") {
        return either([short, expectation(shape.full)]);
      }
      return `${short}, or a list of such`;
    }
  }
}

function either(options: readonly string[]): string {
  const distinct = [...new Set(options)];
  const last = distinct.pop() ?? "";
  return distinct.length === 0 ? last : `${distinct.join(", ")} or ${last}`;
}

function numberWords({ integer, min, above, max, below }: NumberShape): string {
  const noun = integer ? "an integer" : "a number";
  const low = min === undefined || min === Number.MIN_SAFE_INTEGER
    ? above === undefined ? undefined : `above ${above}`
    : `of ${min} or more`;
  // Limits that nobody meets in earnest are left out.
  const limit = max === undefined || max > 1e6 && max !== 2 ** 32 - 1 ? undefined : max;
  if (min !== undefined && low !== undefined && min === limit) return `${min}`;
  if (min !== undefined && low !== undefined && limit !== undefined) {
    return `${noun} from ${min} to ${limit}`;
  }
  if (min !== undefined && below !== undefined) return `${noun} from ${min} to below ${below}`;
  if (low !== undefined) return `${noun} ${low}`;
  return noun;
}
