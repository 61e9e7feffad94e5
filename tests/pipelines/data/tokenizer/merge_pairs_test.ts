import assert from "node:assert/strict";
import { createRandom } from "../../../../pipelines/compile/random.ts";
import { mergePairs } from "../../../../pipelines/data/tokenizer/merge_pairs.ts";
import { trainBpe } from "../../../../pipelines/data/tokenizer/train_bpe.ts";

/** A table of merges, number i making the id 100 + i. */
function table(...merges: readonly (readonly [number, number])[]) {
  const ids = new Map(merges.map((pair, i) => [pair.join(), 100 + i]));
  return (left: number, right: number) => ids.get(`${left},${right}`);
}

Deno.test("mergePairs() takes the earliest merge first, from the left", () => {
  assert.deepEqual(mergePairs([1, 2, 3], table([2, 3], [1, 2])), [1, 100]);
  assert.deepEqual(mergePairs([1, 2, 3], table([1, 2], [2, 3], [100, 3])), [102]);
  assert.deepEqual(mergePairs([1, 1, 1], table([1, 1])), [100, 1]);
  assert.deepEqual(mergePairs([1, 1, 1, 1, 1], table([1, 1], [100, 100])), [101, 1]);
  assert.deepEqual(mergePairs([], table([1, 1])), []);
  assert.deepEqual(mergePairs([4], table([1, 1])), [4]);
});

Deno.test("mergePairs() of long words is what replacing pair by pair gives", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = createRandom(seed);
    const letters = 2 + random.integer(3);
    const draw = (length: number) => Array.from({ length }, () => random.integer(letters));
    const merges = await trainBpe([Int32Array.from(draw(400))], [1], { firstId: 100, limit: 60 });
    const word = draw(300 + random.integer(300));
    const slow = [...word];
    merges.forEach(([left, right], i) => {
      for (let at = 0; at + 1 < slow.length; at++) {
        if (slow[at] === left && slow[at + 1] === right) slow.splice(at, 2, 100 + i);
      }
    });
    assert.ok(slow.length < word.length / 2);
    assert.deepEqual(mergePairs(word, table(...merges)), slow, `seed ${seed}`);
    const short = word.slice(0, 100);
    const cut = [...short];
    merges.forEach(([left, right], i) => {
      for (let at = 0; at + 1 < cut.length; at++) {
        if (cut[at] === left && cut[at + 1] === right) cut.splice(at, 2, 100 + i);
      }
    });
    assert.deepEqual(mergePairs(short, table(...merges)), cut, `seed ${seed}, short`);
  }
});

Deno.test("mergePairs() takes a word of a hundred thousand letters", () => {
  const merges: [number, number][] = [[1, 1]];
  for (let i = 0; i < 15; i++) merges.push([100 + i, 100 + i]);
  const merged = mergePairs(new Array<number>(100_000).fill(1), table(...merges));
  // 100000 = 2^16 + 2^15 + 2^10 + 2^9 + 2^7 + 2^5, and 2^n is made by the merge n - 1.
  assert.deepEqual(merged, [115, 114, 109, 108, 106, 104]);
});
