/** Applies the merges of byte-pair encoding to the bytes of one word. */

import { createHeap } from "./heap.ts";

/** The id that a pair of ids becomes; undefined: they stay apart. A smaller id was learned earlier. */
export type PairId = (left: number, right: number) => number | undefined;

/** Longer words are merged with a heap, which costs more to begin with and less per merge. */
const LONG = 128;

/** Merges the earliest learned pair wherever it occurs, from the left, until none is left. */
export function mergePairs(ids: readonly number[], pairId: PairId): number[] {
  return ids.length > LONG ? mergeLong(ids, pairId) : mergeShort([...ids], pairId);
}

function mergeShort(ids: number[], pairId: PairId): number[] {
  while (true) {
    let least = Infinity;
    for (let i = 0; i + 1 < ids.length; i++) {
      const id = pairId(ids[i], ids[i + 1]);
      if (id !== undefined && id < least) least = id;
    }
    if (least === Infinity) return ids;
    let kept = 0;
    for (let i = 0; i < ids.length; i++) {
      const merged = i + 1 < ids.length && pairId(ids[i], ids[i + 1]) === least;
      ids[kept++] = merged ? least : ids[i];
      if (merged) i++;
    }
    ids.length = kept;
  }
}

/** A linked list of ids, and a heap of the places where a pair begins; places are looked at again when
 * they come up, since a neighbour may have been merged by then. */
function mergeLong(begin: readonly number[], pairId: PairId): number[] {
  const ids = Int32Array.from(begin);
  const next = Int32Array.from(begin, (_, i) => i + 1);
  const previous = Int32Array.from(begin, (_, i) => i - 1);
  const length = begin.length;
  const heap = createHeap();
  const push = (at: number) => {
    const id = pairId(ids[at], ids[next[at]]);
    if (id !== undefined) heap.push(at, -id);
  };
  for (let i = 0; i + 1 < length; i++) push(i);
  for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
    const at = top.key;
    const right = next[at];
    if (ids[at] < 0 || right >= length || pairId(ids[at], ids[right]) !== -top.priority) continue;
    ids[at] = -top.priority;
    ids[right] = -1;
    next[at] = next[right];
    if (next[at] < length) {
      previous[next[at]] = at;
      push(at);
    }
    if (previous[at] >= 0) push(previous[at]);
  }
  return Array.from(ids).filter((id) => id >= 0);
}
