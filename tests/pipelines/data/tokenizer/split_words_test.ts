import assert from "node:assert/strict";
import { splitWords } from "../../../../pipelines/data/tokenizer/split_words.ts";
import { createWordCounts } from "../../../../pipelines/data/tokenizer/count_words.ts";

const split = (text: string) => [...splitWords(text)].flat();

Deno.test("splitWords() splits as GPT-2 does", () => {
  assert.deepEqual(split("Hello world! It's  2 o'clock,\n\n they'll say."), [
    ...["Hello", " world", "!", " It", "'s", " ", " 2", " o", "'", "clock", ",", "\n\n"],
    ...[" they", "'ll", " say", "."],
  ]);
  assert.deepEqual(split("a   b\t\n c  "), ["a", "  ", " b", "\t\n", " c", "  "]);
  assert.deepEqual(split("漢字かな12٣½ xÜ_y"), ["漢字かな", "12٣½", " xÜ", "_", "y"]);
  assert.deepEqual(split("🙂🙂!? —"), ["🙂🙂!?", " —"]);
  assert.deepEqual(split(""), []);
});

Deno.test("splitWords() takes white space as Unicode defines it", () => {
  assert.deepEqual(split("a\u0085b\ufeffc\u00a0d"), [
    "a",
    "\u0085",
    "b",
    "\ufeff",
    "c",
    "\u00a0",
    "d",
  ]);
  assert.deepEqual(split("a\u3000 b"), ["a", "\u3000", " b"]);
});

Deno.test("splitWords() splits long texts where it makes no difference", () => {
  const piece = "It's one,  two\n\nand 34 🙂's more... they're   \t here ";
  const text = piece.repeat(10_000);
  const parts = [...splitWords(text)];
  assert.ok(parts.length > 4);
  assert.equal(parts.flat().join(""), text);
  // The same words as those of a text that is short enough to be split at once.
  const period = split(piece.repeat(3)).join("|");
  const repeats = split(text).join("|");
  assert.equal(repeats.slice(0, 2 * piece.length), period.slice(0, 2 * piece.length));
  assert.equal(
    parts.flat().length,
    10_000 * (split(piece + piece).length - split(piece).length) + 1,
  );
});

Deno.test("splitWords() splits a text without any white space", () => {
  const text = "x".repeat(300_000);
  assert.deepEqual(split(text), [text]);
});

Deno.test("createWordCounts() counts, and forgets rare words when there are too many", () => {
  const words = createWordCounts(10);
  words.add("the cat and the dog and the bird");
  assert.deepEqual([...words.counts], [
    ["the", 1],
    [" cat", 1],
    [" and", 2],
    [" the", 2],
    [" dog", 1],
    [" bird", 1],
  ]);
  words.add(" one two three four five the");
  assert.deepEqual([...words.counts], [[" and", 2], [" the", 3]]);
});
