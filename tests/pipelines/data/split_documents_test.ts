import assert from "node:assert/strict";
import { createSplitter } from "../../../pipelines/data/split_documents.ts";

const documents = (...texts: string[]) =>
  texts.map((text, i) => ({ id: String(i), text, metadata: {} }));

Deno.test("createSplitter() by tail cuts at a character, as nanoGPT does", () => {
  const text = Array.from({ length: 1115394 }, (_, i) => String.fromCharCode(97 + i % 26)).join("");
  const [train, held] = createSplitter({ by: "tail", share: 0.1 }, text.length)(
    documents(text)[0],
  );
  // int(n * 0.9)
  assert.deepEqual([train.split, train.text.length, train.last], ["train", 1003854, false]);
  assert.deepEqual([held.split, held.text.length, held.last], ["held_out", 111540, true]);
  assert.equal(train.text + held.text, text);
});

Deno.test("createSplitter() by tail counts code points over all documents", () => {
  const all = documents("🙂🙂", "ab🙂d", "xyz");
  const split = createSplitter({ by: "tail", share: 0.5 }, 9);
  assert.deepEqual(all.map((document) => split(document).map(({ split, text }) => [split, text])), [
    [["train", "🙂🙂"]],
    [["train", "ab"], ["held_out", "🙂d"]],
    [["held_out", "xyz"]],
  ]);
});

Deno.test("createSplitter() by tail cuts no document where the border lies between two", () => {
  const split = createSplitter({ by: "tail", share: 0.25 }, 8);
  assert.deepEqual(
    documents("abcdef", "gh").flatMap(split).map(({ split, text, last }) => [split, text, last]),
    [["train", "abcdef", true], ["held_out", "gh", true]],
  );
});

Deno.test("createSplitter() by hash holds out about the share, by the text alone", () => {
  const all = documents(...Array.from({ length: 5000 }, (_, i) => `text ${i}`));
  const split = createSplitter({ by: "hash", share: 0.1 }, 0);
  const sides = all.map((document) => split(document)[0].split);
  const held = sides.filter((side) => side === "held_out").length;
  assert.ok(held > 430 && held < 570, `${held}`);
  const again = createSplitter({ by: "hash", share: 0.1 }, 0);
  const reversed = all.toReversed().map(({ text }) =>
    again({ id: "other", text, metadata: { x: 1 } })[0].split
  );
  assert.deepEqual(reversed.reverse(), sides);
  assert.ok(
    all.every((document) =>
      createSplitter({ by: "hash", share: 0 }, 0)(document)[0].split === "train"
    ),
  );
});
