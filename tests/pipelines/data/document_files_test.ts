import assert from "node:assert/strict";
import { createDocumentWriter, readDocuments } from "../../../pipelines/data/document_files.ts";
import { collect, withFolder } from "./_run_stage.ts";

const documents = Array.from({ length: 3000 }, (_, i) => ({
  id: `doc ${i}`,
  text: `text number ${i}\nwith "quotes", ü, 漢字 and 🙂`,
  metadata: { index: i },
}));

Deno.test("createDocumentWriter() writes files that readDocuments() reads back in order", () =>
  withFolder(async (dir) => {
    const writer = await createDocumentWriter(dir, "documents", 100_000);
    for (const document of documents) await writer.write(document);
    const counts = await writer.close();
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    assert.ok(names.length > 2, names.join());
    assert.equal(names[0], "documents-00000.jsonl.zst");
    assert.deepEqual(await collect(readDocuments(dir)), documents);
    const text = documents.map(({ text }) => text).join("");
    assert.deepEqual(counts, {
      documents: documents.length,
      bytes: new TextEncoder().encode(text).length,
      characters: [...text].length,
    });
  }));

Deno.test("createDocumentWriter() removes what an earlier writer left", () =>
  withFolder(async (dir) => {
    const first = await createDocumentWriter(dir, "documents", 10_000);
    for (const document of documents) await first.write(document);
    await first.close();
    const abandoned = await createDocumentWriter(dir, "dropped");
    await abandoned.write(documents[0]);
    await abandoned.close();
    const second = await createDocumentWriter(dir);
    await second.write(documents[7], { reason: "x" });
    await second.close();
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), [
      "documents-00000.jsonl.zst",
      "dropped-00000.jsonl.zst",
    ]);
    assert.deepEqual(await collect(readDocuments(dir)), [{ ...documents[7], reason: "x" }]);
  }));

Deno.test("readDocuments() of a writer without documents is nothing; without files it is an error", () =>
  withFolder(async (dir) => {
    await assert.rejects(collect(readDocuments(dir)), {
      message: `${dir}: Cannot read the documents: there is no documents-*.jsonl.zst`,
    });
    assert.deepEqual(await (await createDocumentWriter(dir)).close(), {
      documents: 0,
      bytes: 0,
      characters: 0,
    });
    assert.deepEqual(await collect(readDocuments(dir)), []);
  }));

Deno.test("createDocumentWriter() leaves nothing under a final name until it is closed", () =>
  withFolder(async (dir) => {
    const writer = await createDocumentWriter(dir);
    await writer.write(documents[0]);
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), [
      "documents-00000.jsonl.zst.tmp",
    ]);
    await writer.close();
  }));
