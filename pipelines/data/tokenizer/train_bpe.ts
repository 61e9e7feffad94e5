/** Trains byte-pair encoding: the merges that make frequent words short. */

import { createHeap } from "./heap.ts";

/** Two ids that become the next free id. */
export type Merge = readonly [left: number, right: number];

/** The number of ids stays below this, so that a pair of them is one exact number. */
const MAX_IDS = 2 ** 24;
/** A pair that occurs less often is not worth an id. */
const MIN_COUNT = 2;

/**
 * The merges, in order, that byte-pair encoding learns from words: again and again the pair of ids
 * that occurs most often; of equally frequent ones that with the smaller left id, then the smaller
 * right id. (Hugging Face's trainer decides alike.) Merge number i makes the id `firstId + i`.
 *
 * Counts of pairs are kept up to date, with the words that hold each pair, and a heap finds the
 * largest; its entries may be out of date, but never too small.
 *
 * @param words the ids that each word begins as; changed in place
 * @param counts how often each word occurs
 * @param limit the most merges; fewer if no pair occurs twice
 */
export async function trainBpe(
  words: readonly Int32Array[],
  counts: ArrayLike<number>,
  { firstId, limit, onMerge = () => {} }: {
    readonly firstId: number;
    readonly limit: number;
    readonly onMerge?: (done: number) => void | Promise<void>;
  },
): Promise<readonly Merge[]> {
  const lengths = Int32Array.from(words, (word) => word.length);
  const pairCounts = new Map<number, number>();
  /** Words that hold, or held, a pair. */
  const pairWords = new Map<number, number[]>();
  const grown = new Set<number>();

  const change = (left: number, right: number, word: number, by: number) => {
    const pair = left * MAX_IDS + right;
    pairCounts.set(pair, (pairCounts.get(pair) ?? 0) + by);
    if (by < 0) return;
    grown.add(pair);
    const holders = pairWords.get(pair);
    if (holders === undefined) pairWords.set(pair, [word]);
    else if (holders[holders.length - 1] !== word) holders.push(word);
  };
  words.forEach((word, index) => {
    for (let i = 0; i + 1 < word.length; i++) change(word[i], word[i + 1], index, counts[index]);
  });

  /** Replaces a pair in one word, from the left, and brings the counts of its neighbours up to date. */
  const replace = (index: number, left: number, right: number, id: number) => {
    const word = words[index];
    const count = counts[index];
    const length = lengths[index];
    let kept = 0;
    for (let i = 0; i < length; i++) {
      if (word[i] !== left || i + 1 === length || word[i + 1] !== right) {
        word[kept++] = word[i];
        continue;
      }
      if (kept > 0) {
        change(word[kept - 1], left, index, -count);
        change(word[kept - 1], id, index, count);
      }
      if (i + 2 < length) {
        change(right, word[i + 2], index, -count);
        change(id, word[i + 2], index, count);
      }
      word[kept++] = id;
      i++;
    }
    lengths[index] = kept;
  };

  const heap = createHeap();
  const pushGrown = () => {
    for (const pair of grown) heap.push(pair, pairCounts.get(pair) ?? 0);
    grown.clear();
  };
  pushGrown();
  const merges: Merge[] = [];
  while (merges.length < limit) {
    const top = heap.pop();
    if (top === undefined || top.priority < MIN_COUNT) break;
    const pair = top.key;
    const current = pairCounts.get(pair) ?? 0;
    if (current !== top.priority) {
      if (current < top.priority && current > 0) heap.push(pair, current);
      continue;
    }
    const left = Math.floor(pair / MAX_IDS);
    const right = pair % MAX_IDS;
    const id = firstId + merges.length;
    for (const index of new Set(pairWords.get(pair))) replace(index, left, right, id);
    // Every occurrence is gone, and none can come back: new pairs hold the new id.
    pairCounts.delete(pair);
    pairWords.delete(pair);
    grown.delete(pair);
    pushGrown();
    merges.push([left, right]);
    await onMerge(merges.length);
  }
  return merges;
}
