import assert from "node:assert/strict";
import { codePoints, countWords, utf8Length } from "../../../pipelines/data/text_size.ts";

Deno.test("utf8Length() and codePoints() agree with the encoder and with iteration", () => {
  for (const text of ["", "plain", "é", "漢字", "🙂", "a🙂é漢\u0000\uffff", "e\u0301"]) {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length, text);
    assert.equal(codePoints(text), [...text].length, text);
  }
});

Deno.test("countWords() counts runs between white space", () => {
  assert.equal(countWords("  one two\n\tthree\u3000four "), 4);
  assert.equal(countWords(" \n"), 0);
});
