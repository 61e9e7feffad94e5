import assert from "node:assert/strict";
import { createDocumentWriter, readDocuments } from "../../../pipelines/data/document_files.ts";
import { filterStage } from "../../../pipelines/data/filter_stage.ts";
import { documentsStage } from "../../../pipelines/data/documents_stage.ts";
import type { RuleConfig } from "../../../pipelines/schema/definitions.ts";
import { collect, runStage, testData, withFolder } from "./_run_stage.ts";

/** Filters texts; gives the kept ids, why the others were dropped, and the metrics. */
async function filter(root: string, texts: readonly string[], rules: readonly RuleConfig[]) {
  const from = `${root}/from`;
  await Deno.mkdir(from);
  const writer = await createDocumentWriter(from);
  for (const [i, text] of texts.entries()) {
    await writer.write({ id: String(i), text, metadata: { length: text.length } });
  }
  await writer.close();
  const input = { id: "from", kind: "documents", dir: from, config: {}, metrics: {} };
  const { dir, metrics } = await runStage(filterStage, {
    root,
    id: "clean",
    config: { kind: "filter", from: "from", rules },
    inputs: [input],
  });
  const kept = (await collect(readDocuments(dir))).map(({ id }) => id);
  const dropped = await collect(readDocuments(dir, () => {}, "dropped"));
  const reasons = dropped.map((document) => [document.id, Reflect.get(document, "reason")]);
  return { kept, dropped, reasons, metrics };
}

Deno.test("filterStage asks the rules in order, and the first that drops gives the reason", () =>
  withFolder(async (root) => {
    const texts = [
      "one two three",
      "short",
      "one two three",
      "short",
      "🙂🙂🙂🙂🙂🙂",
      "one two  3 four",
    ];
    const { kept, dropped, reasons, metrics } = await filter(root, texts, [
      { length: { min: 6, max: 14, unit: "chars" } },
      { exact_dedup: {} },
      { where: "not contains(text, '🙂')" },
    ]);
    assert.deepEqual(kept, ["0"]);
    assert.deepEqual(reasons, [
      ["1", "length_min"],
      ["2", "exact_dedup"],
      ["3", "length_min"],
      ["4", "where not contains(text, '🙂')"],
      ["5", "length_max"],
    ]);
    assert.deepEqual(dropped[0], {
      id: "1",
      text: "short",
      metadata: { length: 5 },
      reason: "length_min",
    });
    assert.deepEqual(metrics, {
      documents_in: 6,
      kept: 1,
      dropped: 5,
      dropped_by: {
        length_min: 2,
        length_max: 1,
        exact_dedup: 1,
        "where not contains(text, '🙂')": 1,
      },
    });
  }));

Deno.test("filterStage measures words, and counts reasons that drop nothing", () =>
  withFolder(async (root) => {
    const texts = ["one", "one two", "one two three"];
    const { kept, metrics } = await filter(root, texts, [
      { length: { min: 2, unit: "words" } },
      { where: "metadata.length < 10" },
    ]);
    assert.deepEqual(kept, ["1"]);
    assert.deepEqual(metrics.dropped_by, {
      length_min: 1,
      length_max: 0,
      "where metadata.length < 10": 1,
    });
  }));

Deno.test("filterStage finds the exact copies in a crawl of real text", () =>
  withFolder(async (root) => {
    const path = testData("crawl.jsonl");
    if (path === undefined) return;
    const corpus = await runStage(documentsStage, {
      root,
      id: "corpus",
      files: [path],
      config: {
        kind: "documents",
        read: [{ path }],
        text: "text",
        unit: "line",
        on_error: "stop",
      },
    });
    const { metrics, dir } = await runStage(filterStage, {
      root,
      id: "clean",
      config: { kind: "filter", from: "corpus", rules: [{ exact_dedup: {} }] },
      inputs: [corpus],
    });
    const texts = (await Deno.readTextFile(path)).trim().split("\n").map((line) =>
      JSON.parse(line).text as string
    );
    const distinct = [...new Set(texts)];
    assert.equal(metrics.kept, distinct.length);
    assert.ok(distinct.length < texts.length);
    assert.deepEqual((await collect(readDocuments(dir))).map(({ text }) => text), distinct);
  }));
