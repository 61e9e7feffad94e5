/** The rules of a `filter` stage. */

import type { RuleConfig } from "../schema/definitions.ts";
import { createDigestSet } from "./digest_set.ts";
import type { Document } from "./document.ts";
import { parseWhere } from "./parse_where.ts";
import { codePoints, countWords } from "./text_size.ts";

/** A rule, ready to be asked. It may remember documents, so they are shown in order and once. */
export interface FilterRule {
  /** Every reason that it can give. */
  readonly reasons: readonly string[];
  /** Why the document is dropped; undefined: it is not. */
  drop(document: Document): string | undefined;
}

/**
 * Compiles a rule. Its reasons are:
 *
 * - `exact_dedup`: an earlier document that came to this rule has the same text
 * - `length_min`, `length_max`: shorter or longer than that; characters are code points
 * - `where EXPRESSION`: the expression is not true
 */
export function compileRule(config: RuleConfig): FilterRule {
  if (config.exact_dedup !== undefined) {
    const seen = createDigestSet();
    return {
      reasons: ["exact_dedup"],
      drop: ({ text }) => seen.add(text) ? undefined : "exact_dedup",
    };
  }
  if (config.length !== undefined) {
    const { min = 0, max = Infinity, unit } = config.length;
    const measure = unit === "words" ? countWords : codePoints;
    return {
      reasons: ["length_min", "length_max"],
      drop: ({ text }) => {
        const length = measure(text);
        return length < min ? "length_min" : length > max ? "length_max" : undefined;
      },
    };
  }
  const keep = parseWhere(config.where);
  const reason = `where ${config.where}`;
  return { reasons: [reason], drop: (document) => keep(document) ? undefined : reason };
}
