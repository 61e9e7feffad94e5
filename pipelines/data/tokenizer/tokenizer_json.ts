/** The file `tokenizer.json` of Hugging Face: what is written for tokenizers that are made here. */

import { BYTE_LETTERS } from "./byte_level.ts";
import { WORD_PATTERN } from "./split_words.ts";
import { END_OF_TEXT } from "./tokenizer.ts";
import type { Merge } from "./train_bpe.ts";

/** A token that is found in texts before anything else is done to them. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** The parts of the file that are used here. */
export interface TokenizerJson {
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly post_processor: unknown;
  readonly decoder: unknown;
  readonly model: {
    readonly type: string;
    readonly unk_token?: string | null;
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
  };
}

/** Parts of the file that say that it is a byte-pair encoding as made here. */
export const BPE_PARTS = {
  normalizer: null,
  pre_tokenizer: {
    type: "Sequence",
    pretokenizers: [
      { type: "Split", pattern: { Regex: WORD_PATTERN }, behavior: "Isolated", invert: false },
      { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  },
  post_processor: null,
  decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
} as const;

/** Parts of the file that say that every character is a token. */
export const CHAR_PARTS = {
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: "Fuse" },
} as const;

/** The id of each byte before any merge: after the special token, in the order of their letters. */
export const BYTE_IDS: readonly number[] = (() => {
  const sorted = [...BYTE_LETTERS].sort();
  return BYTE_LETTERS.map((letter) => 1 + sorted.indexOf(letter));
})();

/** The first id that a merge makes. */
export const FIRST_MERGE_ID = 257;

/** The file of a trained byte-pair encoding: `<|endoftext|>` is 0, then come the bytes, then the merges. */
export function bpeJson(merges: readonly Merge[]): TokenizerJson {
  const tokens = [END_OF_TEXT, ...[...BYTE_LETTERS].sort()];
  const pairs = merges.map(([left, right]): [string, string] => {
    const pair: [string, string] = [tokens[left], tokens[right]];
    tokens.push(pair.join(""));
    return pair;
  });
  return fileOf(BPE_PARTS, tokens, pairs, [{ id: 0, content: END_OF_TEXT, special: true }]);
}

/**
 * The file of a tokenizer of characters: a byte-pair encoding without merges. The characters are
 * sorted by code point and numbered from 0; `<|endoftext|>`, if wanted, comes last.
 */
export function charJson(characters: Iterable<string>, eos: boolean): TokenizerJson {
  const code = (character: string) => character.codePointAt(0) ?? 0;
  const tokens = [...new Set(characters)].sort((a, b) => code(a) - code(b));
  const added = eos ? [{ id: tokens.length, content: END_OF_TEXT, special: true }] : [];
  return fileOf(CHAR_PARTS, eos ? [...tokens, END_OF_TEXT] : tokens, [], added);
}

function fileOf(
  parts: Pick<TokenizerJson, "normalizer" | "pre_tokenizer" | "post_processor" | "decoder">,
  tokens: readonly string[],
  merges: TokenizerJson["model"]["merges"],
  added: readonly AddedToken[],
): TokenizerJson {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return {
    ...{ version: "1.0", truncation: null, padding: null },
    added_tokens: added.map(({ id, content, special }) => ({ id, content, ...flags, special })),
    ...parts,
    model: {
      type: "BPE",
      ...{ dropout: null, unk_token: null, continuing_subword_prefix: null },
      ...{ end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}
