/** Whether two tokenizer.json make the same tokens, however they are written. */

import { isDeepStrictEqual } from "node:util";

/** Parts of the file that ids and texts depend on. What it would put around a text is never asked for. */
const PARTS = ["model", "normalizer", "pre_tokenizer", "decoder", "added_tokens"] as const;

/**
 * The parts in which two parsed tokenizer.json differ, empty if both make the same tokens. The order of
 * keys, and keys that are null, false or empty, do not count: programs that save the file again change
 * these, and write merges as pairs or as texts.
 */
export function tokenizerDifference(one: unknown, other: unknown): readonly string[] {
  return PARTS.filter((part) => !isDeepStrictEqual(partOf(one, part), partOf(other, part)));
}

function partOf(json: unknown, part: typeof PARTS[number]): unknown {
  const { [part]: found } = Object(json);
  if (part === "added_tokens") {
    const tokens = Array.isArray(found) ? found.map(plain) : [];
    return tokens.sort((a, b) => Object(a).id - Object(b).id);
  }
  if (part !== "model") return plain(found ?? null);
  const { vocab, merges, ...rest } = Object(found);
  const pairs = Array.isArray(merges)
    ? merges.map((pair) => typeof pair === "string" ? pair.split(" ") : pair)
    : [];
  return { ...Object(plain(rest)), vocab, merges: pairs };
}

/** Without what says that something is off or absent. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) =>
    item !== null && item !== false && item !== ""
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}
