/** Counts the words of a corpus, for the training of byte-pair encoding. */

import { splitWords } from "./split_words.ts";

/** Words with how often they occur, in the order in which they were first seen. */
export interface WordCounts {
  add(text: string): void;
  readonly counts: ReadonlyMap<string, number>;
}

/** With more words than this, those seen once are forgotten: memory stays bounded. */
const MAX_WORDS = 4_000_000;

/** A counter that has seen nothing. */
export function createWordCounts(maxWords: number = MAX_WORDS): WordCounts {
  const counts = new Map<string, number>();
  let least = 1;
  const forget = () => {
    // Where words seen once are not enough, those seen twice go too, and so on.
    for (; counts.size > maxWords / 2; least++) {
      for (const [word, count] of counts) if (count <= least) counts.delete(word);
    }
    least = 1;
  };
  const add = (text: string) => {
    for (const words of splitWords(text)) {
      for (const word of words) {
        const count = counts.get(word);
        if (count !== undefined) counts.set(word, count + 1);
        else counts.set(ownCopy(word), 1);
      }
      if (counts.size > maxWords) forget();
    }
  };
  return { add, counts };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A string with memory of its own. V8 makes a slice of 13 or more characters a view of its parent, so
 * a map of such words would keep every text alive.
 */
export function ownCopy(word: string): string {
  return word.length < 13 ? word : decoder.decode(encoder.encode(word));
}
