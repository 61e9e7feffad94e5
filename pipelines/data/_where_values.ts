/** Functions, comparisons and fields of the expressions of `parse_where.ts`. */

import { codePoints, countWords } from "./text_size.ts";

/** What is known of a value before any document is seen. */
export type ValueKind = "boolean" | "number" | "text" | "null" | "any";

/** A function of the language. */
export interface Call {
  readonly arity: number;
  readonly kind: ValueKind;
  readonly apply: (x: unknown, y: unknown) => unknown;
}

const textPair = (test: (x: string, y: string) => boolean) => (x: unknown, y: unknown) =>
  typeof x === "string" && typeof y === "string" && test(x, y);

/** Functions by name. */
export const FUNCTIONS: Readonly<Record<string, Call>> = {
  len: { arity: 1, kind: "number", apply: lengthOf },
  words: {
    arity: 1,
    kind: "number",
    apply: (x) => typeof x === "string" ? countWords(x) : null,
  },
  lower: {
    arity: 1,
    kind: "text",
    apply: (x) => typeof x === "string" ? x.toLowerCase() : null,
  },
  contains: {
    arity: 2,
    kind: "boolean",
    apply: (x, y) => Array.isArray(x) ? x.includes(y) : contains(x, y),
  },
  starts_with: { arity: 2, kind: "boolean", apply: textPair((x, y) => x.startsWith(y)) },
  ends_with: { arity: 2, kind: "boolean", apply: textPair((x, y) => x.endsWith(y)) },
  matches: { arity: 2, kind: "boolean", apply: (x, y) => y instanceof RegExp && finds(x, y) },
};

const contains = textPair((x, y) => x.includes(y));

function finds(x: unknown, pattern: RegExp): boolean {
  return typeof x === "string" && pattern.test(x);
}

function lengthOf(x: unknown): number | null {
  if (typeof x === "string") return codePoints(x);
  return Array.isArray(x) ? x.length : null;
}

const ordered =
  (compare: (x: number | string, y: number | string) => boolean) =>
  (x: unknown, y: unknown): boolean =>
    (typeof x === "number" && typeof y === "number") ||
      (typeof x === "string" && typeof y === "string")
      ? compare(x, y)
      : false;

/** Comparisons by operator. */
export const COMPARISONS: Readonly<Record<string, (x: unknown, y: unknown) => boolean>> = {
  "==": (x, y) => x === y,
  "!=": (x, y) => x !== y,
  "<": ordered((x, y) => x < y),
  "<=": ordered((x, y) => x <= y),
  ">": ordered((x, y) => x > y),
  ">=": ordered((x, y) => x >= y),
};

/** The value at a path, or null. */
export function dig(value: unknown, path: readonly string[]): unknown {
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
