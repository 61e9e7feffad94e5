import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { createRandom, type Random } from "../../../pipelines/compile/random.ts";
import { DataError } from "../../../pipelines/data/data_error.ts";
import { readSource } from "../../../pipelines/data/read_source.ts";
import { withFolder } from "./_run_stage.ts";

const JSONL =
  '{"id": "a", "text": "one \\u00e9", "metadata": {"x": [1, 2]}}\n{"text": "zwei ü 🙂"}\n\n{"id": 3, "text": "three"}\n';
const CSV = 'id,text,label\na,"one, ""quoted""",x\nb,"two\nlines",y\r\nc,plain 漢字,z\n';

const bytes = (text: string) => new TextEncoder().encode(text);

const FILES: Readonly<Record<string, Uint8Array>> = {
  "a.jsonl": bytes(JSONL),
  "a.csv": bytes(CSV),
  "a.txt": bytes("first line\nsecond ü\n\nlast"),
  "a.jsonl.gz": gzipSync(JSONL.repeat(20)),
  "a.jsonl.zst": zstdCompressSync(JSONL.repeat(20)),
  "a.parquet": new Uint8Array(parquetWriteBuffer({
    columnData: [
      { name: "id", data: ["a", "b", "c"], type: "STRING" },
      { name: "text", data: ["one", "two ü", "three"], type: "STRING" },
    ],
  })),
};

/** Changes, removes, repeats or inserts a few bytes. */
function mutate(content: Uint8Array, random: Random): Uint8Array {
  const mutated = [...content];
  for (let changes = 1 + random.integer(4); changes > 0 && mutated.length > 0; changes--) {
    const at = random.integer(mutated.length);
    const count = 1 + random.integer(8);
    const draw = () => random.pick([random.integer(256), 34, 44, 10, 13, 92, 123, 0xff, 0]);
    switch (random.integer(4)) {
      case 0:
        mutated[at] = draw();
        break;
      case 1:
        mutated.splice(at, count);
        break;
      case 2:
        mutated.splice(at, 0, ...mutated.slice(at, at + count));
        break;
      case 3:
        mutated.splice(at, 0, ...Array.from({ length: count }, draw));
    }
  }
  return Uint8Array.from(mutated);
}

Deno.test("readSource() gives documents, problems or a DataError for any bytes", () =>
  withFolder(async (dir) => {
    for (const [name, content] of Object.entries(FILES)) {
      const outcomes = { documents: 0, problems: 0, errors: 0 };
      for (let seed = 0; seed < 300; seed++) {
        const path = `${dir}/${name}`;
        const mutated = mutate(content, createRandom(seed));
        await Deno.writeFile(path, mutated);
        const fields = { text: "text", unit: seed % 2 === 0 ? "line" : "file" } as const;
        try {
          for await (const source of readSource({ path, name }, fields)) {
            const { document, problem, line } = source;
            assert.ok(Number.isInteger(line) && line >= 1);
            assert.equal(document === undefined, problem !== undefined);
            if (document === undefined) outcomes.problems++;
            else {
              outcomes.documents++;
              assert.ok(document.id.isWellFormed() && document.text.isWellFormed());
              assert.notEqual(document.text, "");
              JSON.stringify(document);
            }
          }
        } catch (error) {
          assert.ok(error instanceof DataError, `${name}, seed ${seed}: ${error}`);
          assert.ok(error.message.startsWith(path));
          outcomes.errors++;
        }
      }
      assert.ok(outcomes.documents > 0, name);
      assert.ok(outcomes.problems + outcomes.errors > 0, name);
    }
  }));
