import assert from "node:assert/strict";
import { readLines } from "../../../pipelines/data/read_lines.ts";
import { blocksOf, collect } from "./_run_stage.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const lines = (content: Uint8Array, size = 1000, most?: number) =>
  collect(readLines(blocksOf(content, size), most));

Deno.test("readLines() gives the same lines however the bytes are cut", async () => {
  const content = bytes("eins\nzwei äöü 漢字 🙂\n\n\r\nlast without end");
  const expected = [
    { line: 1, text: "eins" },
    { line: 2, text: "zwei äöü 漢字 🙂" },
    { line: 3, text: "" },
    { line: 4, text: "\r" },
    { line: 5, text: "last without end" },
  ];
  for (const size of [1, 2, 3, 7, 1000]) assert.deepEqual(await lines(content, size), expected);
});

Deno.test("readLines() drops a byte order mark at the start and nowhere else", async () => {
  assert.deepEqual((await lines(bytes("\ufeffa\n\ufeffb"), 4)).map(({ text }) => text), [
    "a",
    "\ufeffb",
  ]);
});

Deno.test("readLines() tells where a line is not valid UTF-8 and goes on", async () => {
  const content = Uint8Array.of(...bytes("good\näb"), 0xff, ...bytes("c\ngood again\n"));
  for (const size of [1, 5, 1000]) {
    assert.deepEqual(await lines(content, size), [
      { line: 1, text: "good" },
      { line: 2, text: "äb\ufffdc", problem: "it is not valid UTF-8 at byte 4 of the line" },
      { line: 3, text: "good again" },
    ]);
  }
});

Deno.test("readLines() tells of a character that the end of the file cuts off", async () => {
  const [only] = await lines(bytes("ab€").subarray(0, 4));
  assert.equal(only.problem, "it is not valid UTF-8 at byte 3 of the line");
});

Deno.test("readLines() passes over a line that is too long", async () => {
  const content = bytes(`short\n${"x".repeat(50)}\nnext\n${"y".repeat(50)}`);
  for (const size of [1, 8, 64]) {
    const found = await lines(content, size, 10);
    const [first, , third] = found;
    assert.deepEqual([first.text, third.text], ["short", "next"]);
    const long = found.filter(({ problem }) => problem !== undefined).map(({ line }) => line);
    // A line is only refused when its length has become known before its end.
    if (size < 50) assert.deepEqual(long, [2, 4]);
    for (const { problem } of found.filter(({ line }) => long.includes(line))) {
      assert.equal(problem, "it is longer than 10 bytes");
    }
  }
});

Deno.test("readLines() of nothing is nothing", async () => {
  assert.deepEqual(await lines(new Uint8Array()), []);
  assert.deepEqual(await lines(bytes("\n")), [{ line: 1, text: "" }]);
});
