/** Byte-level byte-pair encoding, with a cache of words. */

import { tokenBytes } from "./byte_level.ts";
import { ownCopy } from "./count_words.ts";
import { mergePairs } from "./merge_pairs.ts";
import { splitWords } from "./split_words.ts";
import { END_OF_TEXT, type Tokenizer } from "./tokenizer.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** When the cache holds this many words it begins anew. */
const CACHED_WORDS = 200_000;
/** The number of ids stays below this, so that a pair of them is one exact number. */
const MAX_IDS = 2 ** 24;

/** The tokenizer of a file that `bpeJson` made. */
export function createBpeTokenizer({ model, added_tokens }: TokenizerJson): Tokenizer {
  const bytes: Uint8Array[] = [];
  const ids = new Map(Object.entries(model.vocab));
  for (const [token, id] of ids) bytes[id] = tokenBytes(token) ?? new Uint8Array(0);
  for (const { content, id } of added_tokens) bytes[id] = encoder.encode(content);
  const byteIds = new Array<number>(256);
  bytes.forEach((token, id) => token.length === 1 && (byteIds[token[0]] = id));
  const pairIds = new Map<number, number>();
  for (const [left, right] of model.merges) {
    const pair = (ids.get(left) ?? 0) * MAX_IDS + (ids.get(right) ?? 0);
    pairIds.set(pair, ids.get(left + right) ?? 0);
  }
  const pairId = (left: number, right: number) => pairIds.get(left * MAX_IDS + right);

  const cache = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    const merged = mergePairs(Array.from(encoder.encode(word), (byte) => byteIds[byte]), pairId);
    if (cache.size >= CACHED_WORDS) cache.clear();
    cache.set(ownCopy(word), merged);
    return merged;
  };
  const eos = model.vocab[END_OF_TEXT];
  const encode = (text: string): number[] => {
    const out: number[] = [];
    text.split(END_OF_TEXT).forEach((part, i) => {
      if (i > 0) out.push(eos);
      for (const words of splitWords(part)) {
        for (const word of words) {
          const merged = cache.get(word) ?? encodeWord(word);
          for (let j = 0; j < merged.length; j++) out.push(merged[j]);
        }
      }
    });
    return out;
  };
  const decode = (tokens: readonly number[]): string => {
    const parts = tokens.map((id) => bytes[id] ?? new Uint8Array(0));
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return decoder.decode(joined);
  };
  return { vocab: bytes.length, eos, encode, decode };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
