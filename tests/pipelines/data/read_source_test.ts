import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readSource, type SourceFields } from "../../../pipelines/data/read_source.ts";
import { collect, withFolder } from "./_run_stage.ts";

const fields: SourceFields = { text: "text", unit: "line" };

/** Writes a file and reads it: `id | text | metadata` of documents, `line: problem` of the rest. */
async function read(
  dir: string,
  name: string,
  content: string | Uint8Array,
  changes: Partial<SourceFields> = {},
): Promise<string[]> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(`${dir}/${name}`, bytes);
  const file = { path: `${dir}/${name}`, name };
  const found = await collect(readSource(file, { ...fields, ...changes }));
  return found.map(({ document, line, problem }) =>
    document === undefined
      ? `${line}: ${problem}`
      : `${document.id} | ${document.text} | ${JSON.stringify(document.metadata)}`
  );
}

Deno.test("readSource() makes documents of JSON lines", () =>
  withFolder(async (dir) => {
    const lines = [
      '{"id": "a", "text": "one", "metadata": {"x": 1}, "url": "u"}',
      "",
      '{"id": 7, "text": "two", "metadata": "m"}',
      '{"text": "three"}\r',
    ];
    const expected = [
      'a | one | {"x":1,"url":"u"}',
      '7 | two | {"metadata":"m"}',
      "a.jsonl:4 | three | {}",
    ];
    assert.deepEqual(await read(dir, "a.jsonl", lines.join("\n")), expected);
    const packed = await read(dir, "a.jsonl.gz", gzipSync(lines.join("\n")));
    assert.deepEqual(packed.slice(0, 2), expected.slice(0, 2));
    assert.equal(packed[2], "a.jsonl.gz:4 | three | {}");
  }));

Deno.test("readSource() says what is wrong with a line of JSON", () =>
  withFolder(async (dir) => {
    const lines = [
      '{"body": "x", "id": 1}',
      '{"text": 3}',
      '{"text": ""}',
      '{"text": "\\ud800"}',
      '{"text": "x", "id": 1.5}',
      "[1]",
      "null",
      '{"text": "x"',
      '{"text": "fine"}',
    ];
    assert.deepEqual(await read(dir, "a.jsonl", lines.join("\n")), [
      '1: field "text" is missing, there are "body", "id"',
      '2: field "text" is not a string',
      '3: field "text" is empty',
      '4: field "text" holds half of a surrogate pair',
      '5: field "id" is neither a string nor a safe integer',
      "6: it is a list, should be a JSON object",
      "7: it is null, should be a JSON object",
      "8: it is not valid JSON: Expected ',' or '}' after property value in JSON at position 12 " +
      "(line 1 column 13)",
      "a.jsonl:9 | fine | {}",
    ]);
  }));

Deno.test("readSource() takes the fields it is told", () =>
  withFolder(async (dir) => {
    const lines = '{"question": "q", "key": "k", "id": "i"}\n{"question": "r"}';
    assert.deepEqual(await read(dir, "a.jsonl", lines, { text: "question", id: "key" }), [
      'k | q | {"id":"i"}',
      '2: field "key" is missing, there are "question"',
    ]);
  }));

Deno.test("readSource() makes documents of CSV rows", () =>
  withFolder(async (dir) => {
    const content = [
      "id,text,label",
      'a,"one, with ""quotes""",x',
      'b,"two',
      'lines",y',
      "",
      "c,three",
      'd,fo"ur,z',
      "e,five,w",
    ];
    const expected = [
      'a | one, with "quotes" | {"label":"x"}',
      'b | two\nlines | {"label":"y"}',
      "6: it has 2 fields, should have 3 as the header",
      "7: a quote at column 5 stands inside a field that is not quoted",
      'e | five | {"label":"w"}',
    ];
    assert.deepEqual(await read(dir, "a.csv", content.join("\n")), expected);
    const windows = await read(dir, "b.csv", "\ufeff" + content.join("\r\n"));
    assert.deepEqual(windows, expected.map((line) => line.replace("two\n", "two\r\n")));
  }));

Deno.test("readSource() tells of a quote that is never closed, and of a bad header", () =>
  withFolder(async (dir) => {
    assert.deepEqual(await read(dir, "a.csv", 'text\nfine\n"open\nmore\nlast'), [
      "a.csv:2 | fine | {}",
      "3: a quoted field is never closed; lines 3 to 5 are lost with it",
    ]);
    await assert.rejects(read(dir, "b.csv", "text,text\na,b"), {
      message: `${dir}/b.csv:1: Cannot read the header: field "text" stands in it twice`,
    });
  }));

Deno.test("readSource() makes documents of lines or of whole files of text", () =>
  withFolder(async (dir) => {
    const content = "one\r\n\n  \ntwo \n";
    assert.deepEqual(await read(dir, "a.txt", content), [
      "a.txt:1 | one | {}",
      "a.txt:4 | two  | {}",
    ]);
    assert.deepEqual(await read(dir, "b.txt", "\ufeff" + content, { unit: "file" }), [
      `b.txt | ${content} | {}`,
    ]);
    const bad = Uint8Array.of(0x61, 0x0a, 0x62, 0xff);
    assert.deepEqual(await read(dir, "c.txt", bad, { unit: "file" }), [
      "2: it is not valid UTF-8 at byte 2 of the line",
    ]);
    assert.deepEqual(await read(dir, "d.txt", "", { unit: "file" }), ['1: field "text" is empty']);
  }));

Deno.test("readSource() refuses UTF-16 in words, and takes texts with zeros", () =>
  withFolder(async (dir) => {
    const utf16 = (text: string, little: boolean) => {
      const bytes = new DataView(new ArrayBuffer(2 * text.length));
      [...text].forEach((letter, i) => bytes.setUint16(2 * i, letter.charCodeAt(0), little));
      return new Uint8Array(bytes.buffer);
    };
    for (const text of ["\ufeffhello\n", '{"text": "a"}\n']) {
      for (const little of [true, false]) {
        for (const [name, unit] of [["a.txt", "file"], ["b.jsonl", "line"], ["c.csv", "line"]]) {
          await assert.rejects(read(dir, name, utf16(text, little), { unit } as SourceFields), {
            message: `${dir}/${name}: Cannot read the file: it is UTF-16, should be UTF-8`,
          });
        }
      }
    }
    assert.deepEqual(await read(dir, "d.txt", "a\0b\0c\0\0\0"), ["d.txt:1 | a\0b\0c\0\0\0 | {}"]);
  }));

Deno.test("readSource() goes by the name in whatever case, and refuses names of other formats", () =>
  withFolder(async (dir) => {
    assert.deepEqual(await read(dir, "A.JSONL", '{"text": "one"}'), ["A.JSONL:1 | one | {}"]);
    assert.deepEqual(await read(dir, "B.Txt.GZ", gzipSync("one")), ["B.Txt.GZ:1 | one | {}"]);
    for (const name of ["a.pdf", "a", "a.parquet.gz", "a.gz"]) {
      await assert.rejects(read(dir, name, "text"), {
        message: `${dir}/${name}: Cannot read the file: its name should end in .jsonl, .csv or ` +
          ".txt, each also with .gz or .zst, or .parquet",
      });
    }
  }));
