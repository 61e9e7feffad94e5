import assert from "node:assert/strict";
import { createRandom } from "../../../../pipelines/compile/random.ts";
import { type Merge, trainBpe } from "../../../../pipelines/data/tokenizer/train_bpe.ts";

/** The same by counting all pairs anew for every merge. */
function trainSlowly(
  words: readonly number[][],
  counts: readonly number[],
  firstId: number,
  limit: number,
) {
  const merges: Merge[] = [];
  while (merges.length < limit) {
    const pairs = new Map<string, { pair: Merge; count: number }>();
    words.forEach((word, w) => {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair: Merge = [word[i], word[i + 1]];
        const known = pairs.get(pair.join());
        pairs.set(pair.join(), { pair, count: (known?.count ?? 0) + counts[w] });
      }
    });
    const [best] = [...pairs.values()].sort((a, b) =>
      b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1]
    );
    if (best === undefined || best.count < 2) break;
    const id = firstId + merges.length;
    merges.push(best.pair);
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        if (word[i] === best.pair[0] && word[i + 1] === best.pair[1]) word.splice(i, 2, id);
      }
    }
  }
  return merges;
}

Deno.test("trainBpe() merges the most frequent pair, ties by the smaller ids", async () => {
  // ab occurs 3 + 2 times, bc 3 times, cd 2 times.
  const words = [Int32Array.of(0, 1, 2), Int32Array.of(0, 1), Int32Array.of(2, 3)];
  assert.deepEqual(await trainBpe(words, [3, 2, 2], { firstId: 4, limit: 10 }), [[0, 1], [4, 2], [
    2,
    3,
  ]]);
});

Deno.test("trainBpe() merges runs of one id from the left", async () => {
  const words = [Int32Array.of(7, 7, 7, 7, 7)];
  assert.deepEqual(await trainBpe(words, [2], { firstId: 8, limit: 10 }), [[7, 7], [8, 7], [8, 9]]);
});

Deno.test("trainBpe() stops at the limit, and where no pair occurs twice", async () => {
  const words = () => [Int32Array.of(1, 2, 3), Int32Array.of(1, 2)];
  assert.deepEqual(await trainBpe(words(), [1, 1], { firstId: 9, limit: 10 }), [[1, 2]]);
  assert.deepEqual(await trainBpe(words(), [5, 5], { firstId: 9, limit: 1 }), [[1, 2]]);
  assert.deepEqual(await trainBpe([], [], { firstId: 9, limit: 10 }), []);
});

Deno.test("trainBpe() agrees with counting all pairs anew", async () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = createRandom(seed);
    const letters = 2 + random.integer(4);
    const words = Array.from(
      { length: 30 },
      () => Array.from({ length: 1 + random.integer(12) }, () => random.integer(letters)),
    );
    const counts = words.map(() => 1 + random.integer(5));
    const fast = await trainBpe(words.map((word) => Int32Array.from(word)), counts, {
      firstId: 10,
      limit: 40,
    });
    assert.deepEqual(fast, trainSlowly(words, counts, 10, 40), `seed ${seed}`);
  }
});
