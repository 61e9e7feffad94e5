/** Whether two tokenizer.json make the same tokens, however they are written. */

import { isDeepStrictEqual } from "node:util";

/**
 * Parts of the file that ids and texts depend on. What it would put around a text is never asked
 * for.
 */
const PARTS = ["model", "normalizer", "pre_tokenizer", "decoder", "added_tokens"] as const;

type Values = Readonly<Record<string, unknown>>;

/**
 * What a component means where it does not say it, by its type. Versions of the libraries that
 * write the file differ in which of these they leave out. Source: `tokenizers` 0.23, by loading and
 * saving.
 */
const DEFAULTS: Readonly<Record<string, Values>> = {
  BPE: {
    ...{ dropout: null, unk_token: null, continuing_subword_prefix: null },
    ...{ end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false },
  },
  ByteLevel: { use_regex: true },
  BertNormalizer: { strip_accents: null },
  Metaspace: { prepend_scheme: "always", split: true },
  Punctuation: { behavior: "Isolated" },
};

/** Flags of an added token; what its `normalized` is depends on more. */
const TOKEN_DEFAULTS: Values = { single_word: false, lstrip: false, rstrip: false, special: false };

/**
 * The parts in which two parsed tokenizer.json differ, empty if they say the same. What is left out
 * counts as its default; the order of keys and of added tokens, merges as pairs or as texts,
 * prefixes that are empty or null, and what says only where in a text a token is (`trim_offsets`)
 * do not count. All else does, so a difference may be one that changes no token.
 */
export function tokenizerDifference(one: unknown, other: unknown): readonly string[] {
  return PARTS.filter((part) => !isDeepStrictEqual(partOf(one, part), partOf(other, part)));
}

function partOf(json: unknown, part: typeof PARTS[number]): unknown {
  const { [part]: found } = Object(json);
  if (part === "model") return modelOf(found);
  if (part !== "added_tokens") return filled(found ?? null);
  const tokens = Array.isArray(found) ? found : [];
  return tokens
    .map((token) => ({ ...TOKEN_DEFAULTS, normalized: !Object(token).special, ...Object(token) }))
    .sort((a, b) => a.id - b.id);
}

function modelOf(model: unknown): unknown {
  // The first versions knew one kind of model only, and did not write which.
  const { type = "BPE", merges, ...rest } = Object(model);
  if (type !== "BPE") return model;
  const prefixes = ["continuing_subword_prefix", "end_of_word_suffix"]
    .filter((key) => rest[key] === "").map((key) => [key, null]);
  return {
    ...{ type, ...DEFAULTS.BPE, ...rest, ...Object.fromEntries(prefixes) },
    merges: Array.isArray(merges)
      ? merges.map((pair) => typeof pair === "string" ? pair.split(" ") : pair)
      : [],
  };
}

/** With the defaults of each component, also of those in a sequence. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, filled(item)]);
  const { trim_offsets: _, ...said } = Object.fromEntries(entries);
  return { ...(Object.hasOwn(DEFAULTS, said.type) ? DEFAULTS[said.type] : {}), ...said };
}
