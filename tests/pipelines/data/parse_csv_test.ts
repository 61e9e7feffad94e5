import assert from "node:assert/strict";
import { createCsvParser } from "../../../pipelines/data/parse_csv.ts";

/** Feeds lines; a row that goes on is shown as "...". */
function feed(...lines: string[]) {
  const parser = createCsvParser(100);
  return lines.map((line) => {
    const row = parser.feed(line);
    return row === undefined ? "..." : row.cells ?? row.problem;
  });
}

Deno.test("createCsvParser() splits rows at commas outside quotes", () => {
  assert.deepEqual(feed("a,b,c", "", '"x, y",z', "1,,", 'a,"b"\r', "a,b\r"), [
    ["a", "b", "c"],
    [""],
    ["x, y", "z"],
    ["1", "", ""],
    ["a", "b"],
    ["a", "b"],
  ]);
});

Deno.test("createCsvParser() understands doubled quotes and quoted line breaks", () => {
  assert.deepEqual(feed('"say ""hi""",2', '"first', "", 'last ""line""",end'), [
    ['say "hi"', "2"],
    "...",
    "...",
    ['first\n\nlast "line"', "end"],
  ]);
});

Deno.test("createCsvParser() tells what is wrong with a row, and the next row is fine", () => {
  assert.deepEqual(feed('5" wide,b', "a,b", '"a"b,c', "a,b"), [
    "a quote at column 2 stands inside a field that is not quoted",
    ["a", "b"],
    "there is text after the closing quote, at column 4",
    ["a", "b"],
  ]);
});

Deno.test("createCsvParser() gives up a field that is never closed", () => {
  assert.deepEqual(feed('"open', "x".repeat(200), "a,b"), [
    "...",
    "a quoted field is not closed within 100 characters",
    ["a", "b"],
  ]);
});
