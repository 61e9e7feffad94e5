import assert from "node:assert/strict";
import { readDocuments } from "../../../pipelines/data/document_files.ts";
import { documentsStage } from "../../../pipelines/data/documents_stage.ts";
import type { DocumentsConfig } from "../../../pipelines/schema/definitions.ts";
import { collect, runStage, testData, withFolder } from "./_run_stage.ts";

/** What the stage is given to read files. */
const reading = (
  files: readonly string[],
  on_error: "keep_aside" | "stop" = "keep_aside",
): { files: readonly string[]; config: DocumentsConfig } => ({
  files,
  config: {
    kind: "documents",
    read: files.map((path) => ({ path })),
    text: "text",
    unit: "line",
    on_error,
  },
});

const LINES = '{"id": "a", "text": "one"}\n{"id": "b"}\n{"id": "c", "text": "drei ü"}\n';

Deno.test("documentsStage reads documents and keeps aside what it cannot read", () =>
  withFolder(async (root) => {
    await Deno.writeTextFile(`${root}/x.jsonl`, LINES);
    await Deno.writeTextFile(`${root}/y.txt`, "plain\n");
    const { dir, metrics, lines } = await runStage(documentsStage, {
      root,
      id: "corpus",
      ...reading([`${root}/x.jsonl`, `${root}/y.txt`]),
    });
    assert.deepEqual(metrics, { documents: 3, bytes: 3 + 7 + 5, set_aside: 1 });
    assert.deepEqual(await collect(readDocuments(dir)), [
      { id: "a", text: "one", metadata: {} },
      { id: "c", text: "drei ü", metadata: {} },
      { id: "y.txt:1", text: "plain", metadata: {} },
    ]);
    const reason = 'field "text" is missing, there are "id"';
    assert.equal(
      await Deno.readTextFile(`${dir}/set_aside.jsonl`),
      JSON.stringify({ file: "x.jsonl", line: 2, reason, content: '{"id":"b"}' }) + "\n",
    );
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${dir}/stats.json`)), {
      documents: 3,
      bytes: 15,
      characters: 14,
      set_aside: 1,
    });
    assert.deepEqual(lines, [
      `1 set aside in set_aside.jsonl, the first at x.jsonl:2: ${reason}`,
    ]);
  }));

Deno.test("documentsStage stops at the first line it cannot read, if it is told so", () =>
  withFolder(async (root) => {
    await Deno.writeTextFile(`${root}/x.jsonl`, LINES);
    await assert.rejects(
      runStage(documentsStage, { root, id: "s", ...reading([`${root}/x.jsonl`], "stop") }),
      {
        name: "DataError",
        message: `${root}/x.jsonl:2: Cannot read the document: ` +
          'field "text" is missing, there are "id"',
      },
    );
  }));

Deno.test("documentsStage keeps nothing of a file whose content is not that of its checksum", () =>
  withFolder(async (root) => {
    const { constants, gzipSync, zstdCompressSync } = await import("node:zlib");
    const params = { [constants.ZSTD_c_checksumFlag]: 1 };
    const files = {
      "x.jsonl.zst": zstdCompressSync(LINES, { params }),
      "x.jsonl.gz": gzipSync(LINES),
    };
    for (const [name, packed] of Object.entries(files)) {
      packed[packed.length - (name.endsWith(".gz") ? 8 : 4)] ^= 1;
      await Deno.writeFile(`${root}/${name}`, packed);
      await assert.rejects(
        runStage(documentsStage, { root, id: "s", ...reading([`${root}/${name}`]) }),
        /^ChecksumError: .*x\.jsonl\.\w+: Cannot decompress the \w+ data: its checksum is wrong$/,
      );
    }
  }));

Deno.test("documentsStage fails where nothing can be read", () =>
  withFolder(async (root) => {
    await Deno.writeTextFile(`${root}/x.jsonl`, '{"body": "x"}\n{"body": "y"}\n');
    await Deno.writeTextFile(`${root}/empty.jsonl`, "");
    const run = (name: string) =>
      runStage(documentsStage, { root, id: "s", ...reading([`${root}/${name}`]) });
    await assert.rejects(run("x.jsonl"), {
      message: 'x.jsonl:1: Cannot read any document: field "text" is missing, there are "body" ' +
        "(2 set aside in 1 files)",
    });
    await assert.rejects(run("empty.jsonl"), {
      message:
        `${root}/empty.jsonl: Cannot read any document: it is empty (0 set aside in 1 files)`,
    });
  }));

Deno.test("documentsStage reads what Parquet writers write", () =>
  withFolder(async (root) => {
    const { parquetWriteBuffer } = await import("hyparquet-writer");
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: "id", data: [1n, 2n ** 60n, 3n], type: "INT64" },
        { name: "text", data: ["one", "two ü", ""], type: "STRING" },
        { name: "score", data: [0.5, 1.5, 2.5], type: "DOUBLE" },
      ],
      rowGroupSize: 2,
    });
    await Deno.writeFile(`${root}/x.parquet`, new Uint8Array(buffer));
    const { dir, metrics } = await runStage(documentsStage, {
      root,
      id: "corpus",
      ...reading([`${root}/x.parquet`]),
    });
    assert.deepEqual(metrics, { documents: 2, bytes: 9, set_aside: 1 });
    assert.deepEqual(await collect(readDocuments(dir)), [
      { id: "1", text: "one", metadata: { score: 0.5 } },
      { id: String(2n ** 60n), text: "two ü", metadata: { score: 1.5 } },
    ]);
    await Deno.writeTextFile(`${root}/bad.parquet`, "this is no Parquet file at all");
    await assert.rejects(
      runStage(documentsStage, { root, id: "s", ...reading([`${root}/bad.parquet`], "stop") }),
      /bad\.parquet: Cannot read the Parquet data: parquet file invalid/,
    );
    for (const [text, what] of [["", "it is empty"], ["PAR1", "it has 4 bytes, too few for any"]]) {
      await Deno.writeTextFile(`${root}/bad.parquet`, text);
      await assert.rejects(
        runStage(documentsStage, { root, id: "s", ...reading([`${root}/bad.parquet`], "stop") }),
        { message: `${root}/bad.parquet: Cannot read the Parquet data: ${what}` },
      );
    }
  }));

Deno.test("documentsStage reads nested and binary columns of Parquet", () =>
  withFolder(async (root) => {
    const { parquetWriteBuffer } = await import("hyparquet-writer");
    const optional = { repetition_type: "OPTIONAL" } as const;
    const buffer = parquetWriteBuffer({
      schema: [
        { name: "root", num_children: 5 },
        { name: "text", type: "BYTE_ARRAY", ...optional },
        { name: "ids", converted_type: "LIST", num_children: 1, ...optional },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", type: "INT64", ...optional },
        { name: "raw", type: "BYTE_ARRAY", ...optional },
        { name: "when", type: "INT64", converted_type: "TIMESTAMP_MILLIS", ...optional },
        { name: "score", type: "DOUBLE", ...optional },
      ],
      columnData: [
        { name: "text", data: ["ü", "b"] },
        { name: "ids", data: [[1n, 2n ** 60n, null], []] },
        { name: "raw", data: [Uint8Array.of(1, 2, 255), null] },
        { name: "when", data: [new Date(1e12), null] },
        { name: "score", data: [NaN, 0.5] },
      ],
    });
    await Deno.writeFile(`${root}/x.parquet`, new Uint8Array(buffer));
    const { dir } = await runStage(documentsStage, {
      root,
      id: "corpus",
      ...reading([`${root}/x.parquet`], "stop"),
    });
    const when = "2001-09-09T01:46:40.000Z";
    assert.deepEqual(await collect(readDocuments(dir)), [
      {
        id: "x.parquet:1",
        text: "ü",
        metadata: { ids: [1, String(2n ** 60n), null], raw: "AQL/", when, score: null },
      },
      {
        id: "x.parquet:2",
        text: "b",
        metadata: { ids: [], raw: null, when: null, score: 0.5 },
      },
    ]);
  }));

Deno.test("documentsStage reads a crawl of real text", () =>
  withFolder(async (root) => {
    const path = testData("crawl.jsonl");
    if (path === undefined) return;
    const { dir, metrics } = await runStage(documentsStage, {
      root,
      id: "c",
      ...reading([path]),
    });
    const texts = (await Deno.readTextFile(path)).trim().split("\n").map((line) =>
      JSON.parse(line).text as string
    );
    const encoder = new TextEncoder();
    const bytes = texts.reduce((sum, text) => sum + encoder.encode(text).length, 0);
    assert.deepEqual(metrics, { documents: texts.length, bytes, set_aside: 0 });
    let index = 0;
    for await (const { text } of readDocuments(dir)) {
      if (text !== texts[index++]) assert.fail(`document ${index} differs`);
    }
    assert.equal(index, texts.length);
  }));
