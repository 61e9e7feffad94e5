import assert from "node:assert/strict";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { DataError } from "../../pipelines/data/data_error.ts";
import { readDocuments } from "../../pipelines/data/document_files.ts";
import { documentsStage } from "../../pipelines/data/documents_stage.ts";
import { collect, runStage, withFolder } from "../pipelines/data/_run_stage.ts";

const TEXTS = Array.from({ length: 200 }, (_, i) => `document ${i * 7919 % 10007}, of few words`);
const JSONL = TEXTS.map((text) => JSON.stringify({ text }) + "\n").join("");
const CSV = "text,more\n" + TEXTS.map((text) => `"${text}",x\n`).join("");
const PARQUET = new Uint8Array(parquetWriteBuffer({
  columnData: [{ name: "text", data: TEXTS, type: "STRING" }],
  rowGroupSize: 50,
}));
/** As pyarrow writes it with `write_page_checksum`. */
const CHECKED = Uint8Array.fromBase64(
  "UEFSMRUAFUwVTBWMjqreBRwVBhUAFQYVBhwAAAACAAAABgEDAAAAb25lDQAAAHR3bywgYW5kIG1vcmUEAAAAZHJlaRUEGSw1" +
    "ABgGc2NoZW1hFQIAFQwlAhgEdGV4dCUATBwAAAAWBhkcGRwmABwVDBklBgAZGAR0ZXh0FQAWBhZ+Fn4mCEkcFQAVABUCADwW" +
    "KBkGGSYABgAAABZ+FgYmCBZ+ACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZHBwAAACIAAAAUEFSMQ==",
);

const bytes = (text: string) => new TextEncoder().encode(text);
const zstd = (content: Uint8Array) =>
  zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
/** In two parts that are compressed each for itself, as tools do that join files. */
const twice = (pack: (content: Uint8Array) => Uint8Array, content: Uint8Array) =>
  Uint8Array.from([content.subarray(0, 3000), content.subarray(3000)].flatMap((part) => [
    ...pack(part),
  ]));

/**
 * Runs the stage on a file of this content; gives the texts and what was set aside, or the error.
 */
async function read(
  root: string,
  name: string,
  content: Uint8Array,
  on_error: "keep_aside" | "stop",
): Promise<{ texts: readonly string[]; aside: unknown } | DataError> {
  const path = `${root}/${name}`;
  await Deno.writeFile(path, content);
  const config = {
    kind: "documents" as const,
    read: [{ path }],
    text: "text",
    unit: "line" as const,
    on_error,
  };
  try {
    const { dir, metrics } = await runStage(documentsStage, {
      root,
      id: "corpus",
      config,
      files: [path],
    });
    const texts = (await collect(readDocuments(dir))).map(({ text }) => text);
    return { texts, aside: metrics.set_aside };
  } catch (error) {
    assert.ok(error instanceof DataError, `${name}: ${error}`);
    return error;
  }
}

const MODES = ["keep_aside", "stop"] as const;

Deno.test("documentsStage takes no compressed file for whole that was cut off", () =>
  withFolder(async (root) => {
    const packed = {
      "a.jsonl.gz": gzipSync(JSONL),
      "a.jsonl.zst": zstd(bytes(JSONL)),
      "b.jsonl.zst": zstdCompressSync(JSONL),
    };
    for (const [name, content] of Object.entries(packed)) {
      for (let end = 0; end < content.length; end += 100) {
        const found = await read(root, name, content.subarray(0, end), MODES[(end / 100) % 2]);
        assert.ok(found instanceof DataError, `${name}, ${end} bytes`);
        assert.match(
          found.message,
          /\/[ab]\.jsonl\.(gz|zst)(:\d+)?: Cannot decompress the (gzip|zstd) data: (it ends too early|the file is empty)$/,
        );
      }
    }
  }));

Deno.test("documentsStage takes no compressed file with a flipped bit for another content", () =>
  withFolder(async (root) => {
    const packed = {
      "a.jsonl.gz": twice(gzipSync, bytes(JSONL)),
      "a.jsonl.zst": twice(zstd, bytes(JSONL)),
    };
    for (const [name, content] of Object.entries(packed)) {
      let errors = 0;
      for (let at = 0; at < content.length; at += 3) {
        const damaged = Uint8Array.from(content);
        damaged[at] ^= 1 << at % 8;
        const found = await read(root, name, damaged, MODES[at % 2]);
        // Of a header there are bits that say nothing about the content.
        if (found instanceof DataError) errors++;
        else assert.deepEqual(found, { texts: TEXTS, aside: 0 }, `${name}, byte ${at}`);
      }
      assert.ok(errors > 30, name);
    }
  }));

Deno.test("documentsStage says at which line a file of text was cut off, or sets the line aside", () =>
  withFolder(async (root) => {
    const cut = {
      "a.jsonl": [
        JSONL.slice(0, 1000),
        /a\.jsonl:26: Cannot read the document: it is not valid JSON: /,
      ],
      "a.csv": [
        CSV.slice(0, 1000),
        /a\.csv:33: Cannot read the document: a quoted field is never closed$/,
      ],
    } as const;
    for (const [name, [content, message]] of Object.entries(cut)) {
      const stopped = await read(root, name, bytes(content), "stop");
      assert.match((stopped as DataError).message, message);
      const kept = await read(root, name, bytes(content), "keep_aside");
      assert.ok(!(kept instanceof DataError));
      const lines = content.split("\n").length;
      assert.equal(kept.texts.length, lines - (name === "a.csv" ? 2 : 1));
      assert.deepEqual(kept, { texts: TEXTS.slice(0, kept.texts.length), aside: 1 });
    }
  }));

Deno.test("documentsStage says which line is not UTF-8, or sets it aside", () =>
  withFolder(async (root) => {
    for (const [name, text] of [["a.jsonl", JSONL], ["a.csv", CSV], ["a.txt", TEXTS.join("\n")]]) {
      const content = bytes(text);
      content[1000] = 0xff;
      const stopped = await read(root, name, content, "stop");
      assert.match(
        (stopped as DataError).message,
        /a\.\w+:\d+: Cannot read the document: (line \d+: )?it is not valid UTF-8 at byte \d+ of the line$/,
      );
      const kept = await read(root, name, content, "keep_aside");
      assert.ok(!(kept instanceof DataError));
      assert.equal(kept.texts.length, TEXTS.length - 1);
      assert.equal(kept.aside, 1);
    }
  }));

Deno.test("documentsStage takes no Parquet file for whole that was cut off", () =>
  withFolder(async (root) => {
    for (let end = 0; end < PARQUET.length; end += 100) {
      const found = await read(root, "a.parquet", PARQUET.subarray(0, end), MODES[(end / 100) % 2]);
      assert.ok(found instanceof DataError, `${end} bytes`);
      assert.match(found.message, /a\.parquet: Cannot read the Parquet data: /);
    }
    // Without an end there is no telling what the beginning is; with one, pages may be missing.
    const middle = Uint8Array.from([...PARQUET.subarray(0, 900), ...PARQUET.subarray(1000)]);
    assert.ok(await read(root, "a.parquet", middle, "keep_aside") instanceof DataError);
  }));

Deno.test("documentsStage verifies the checksums of Parquet pages, where there are any", () =>
  withFolder(async (root) => {
    const whole = await read(root, "a.parquet", CHECKED, "stop");
    assert.deepEqual(whole, { texts: ["one", "two, and more", "drei"], aside: 0 });
    const damaged = Uint8Array.from(CHECKED);
    damaged[CHECKED.indexOf("w".charCodeAt(0))] ^= 1;
    const found = await read(root, "a.parquet", damaged, "keep_aside");
    assert.match(
      (found as DataError).message,
      /a\.parquet: Cannot read the Parquet data: column text: the checksum of a page is wrong$/,
    );
    for (let at = 0; at < CHECKED.length; at++) {
      damaged.set(CHECKED);
      damaged[at] ^= 1 << at % 8;
      const found = await read(root, "a.parquet", damaged, "stop");
      // Names and sizes in the footer have no checksum, but the values do.
      if (!(found instanceof DataError)) assert.deepEqual(found, whole, `byte ${at}`);
    }
  }));
