import assert from "node:assert/strict";
import { documentsStage } from "../../../../pipelines/data/documents_stage.ts";
import type { Document } from "../../../../pipelines/data/document.ts";
import { readDocuments } from "../../../../pipelines/data/document_files.ts";
import { filterStage } from "../../../../pipelines/data/filter_stage.ts";
import type { Question } from "../../../../pipelines/data/question.ts";
import { collect, type RanStage, runStage, withFolder } from "../_run_stage.ts";

const COUNT = 4000;

const generate = (root: string, id: string, seed = 17, count = COUNT): Promise<RanStage> =>
  runStage(documentsStage, {
    root,
    id,
    seed,
    config: { kind: "documents", generate: "small_world", count },
  });

const documentsOf = ({ dir }: RanStage) => collect(readDocuments(dir));

async function questionsOf({ dir }: RanStage): Promise<readonly Question[]> {
  const text = await Deno.readTextFile(`${dir}/questions.jsonl`);
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

const kindsOf = (documents: readonly Document[]) =>
  Map.groupBy(documents, ({ metadata }) => String(metadata.kind));

const USEFUL = ["profile", "town", "notes", "story", "sums"];

/** Everything that is taught, as one text. */
function taughtText(documents: readonly Document[]): string {
  const useful = documents.filter(({ metadata }) => USEFUL.includes(String(metadata.kind)));
  return useful.map(({ text }) => text).join("\n");
}

Deno.test("the small world is the same for a seed, and another for another", () =>
  withFolder(async (root) => {
    const [first, again, other] = [
      await generate(root, "a"),
      await generate(root, "b", 17, 500),
      await generate(root, "c", 18, 500),
    ];
    const documents = await documentsOf(first);
    assert.equal(documents.length, COUNT);
    assert.deepEqual(await documentsOf(again), documents.slice(0, 500));
    assert.deepEqual(await questionsOf(again), await questionsOf(first));
    assert.notDeepEqual(await documentsOf(other), documents.slice(0, 500));
    assert.notDeepEqual(await questionsOf(other), await questionsOf(first));
    assert.equal(first.metrics.documents, COUNT);
  }));

Deno.test("every document of the small world says what it is", () =>
  withFolder(async (root) => {
    const documents = await documentsOf(await generate(root, "a"));
    const kinds = kindsOf(documents);
    const names = [...USEFUL, "duplicate", "boilerplate", "spam", "garbled"];
    assert.deepEqual([...kinds.keys()].sort(), names.sort());
    const useful = USEFUL.reduce((sum, kind) => sum + (kinds.get(kind)?.length ?? 0), 0);
    assert.ok(useful > 0.28 * COUNT && useful < 0.36 * COUNT, `${useful}`);
    const byId = new Map(documents.map((document) => [document.id, document]));
    assert.equal(byId.size, COUNT);
    for (const { text, metadata } of kinds.get("duplicate") ?? []) {
      const original = byId.get(String(metadata.of));
      assert.ok(original !== undefined && original.metadata.kind !== "duplicate");
      assert.equal(original.text, text);
    }
  }));

Deno.test("questions about the small world have four choices of a kind, and facts have answers", () =>
  withFolder(async (root) => {
    const stage = await generate(root, "a");
    const questions = await questionsOf(stage);
    assert.ok(questions.length >= 400, `${questions.length}`);
    assert.equal(new Set(questions.map(({ id }) => id)).size, questions.length);
    assert.equal(new Set(questions.map(({ prompt }) => prompt)).size, questions.length);
    const places = [0, 0, 0, 0];
    for (const { choices, answer } of questions) {
      assert.equal(new Set(choices).size, 4);
      places[answer]++;
    }
    for (const count of places) assert.ok(count > questions.length / 5, `${places}`);
    // What a question asks is said in the documents: its sentence begins as the prompt ends.
    const taught = taughtText(await documentsOf(stage));
    let said = 0;
    const facts = questions.filter(({ kind }) => kind !== "sum");
    for (const { prompt, choices, answer } of facts) {
      const stem = prompt.slice(prompt.indexOf("?") + 2);
      if (taught.includes(`${stem} ${choices[answer]}`)) said++;
      for (const [i, choice] of choices.entries()) {
        if (i !== answer) assert.ok(!taught.includes(`${stem} ${choice}.`), `${stem} ${choice}`);
      }
    }
    assert.ok(said > 0.9 * facts.length, `${said} of ${facts.length}`);
  }));

Deno.test("no question and no asked pair of numbers stands in a document of the small world", () =>
  withFolder(async (root) => {
    const stage = await generate(root, "a");
    const documents = await documentsOf(stage);
    const questions = await questionsOf(stage);
    const all = documents.map(({ text }) => text).join("\n");
    for (const { prompt } of questions) {
      assert.ok(!all.includes(prompt.slice(0, prompt.indexOf("?") + 1)), prompt);
    }
    const taught = new Set<string>();
    for (const [, a, b] of all.matchAll(/(\d+) (?:\+|and) (\d+)/g)) taught.add(`${a} ${b}`);
    for (const [, b, a] of all.matchAll(/add (\d+) to (\d+)/g)) taught.add(`${a} ${b}`);
    const sums = questions.filter(({ kind }) => kind === "sum");
    assert.ok(sums.length >= 80 && taught.size > 200, `${sums.length} ${taught.size}`);
    for (const { prompt, choices, answer } of sums) {
      const [, a, b] = /What is (\d+) plus (\d+)\?/.exec(prompt) ?? [];
      assert.equal(Number(choices[answer]), Number(a) + Number(b));
      assert.ok(!taught.has(`${a} ${b}`) && !taught.has(`${b} ${a}`), prompt);
    }
  }));

Deno.test("the filter of the quickstart keeps the useful documents of the small world and no others", () =>
  withFolder(async (root) => {
    const corpus = await generate(root, "corpus");
    const quickstart = await Deno.readTextFile(
      new URL("../../../../pipelines/quickstart.yaml", import.meta.url),
    );
    const rules = [...quickstart.matchAll(/where: '(.*)'/g)].map(([, where]) => ({ where }));
    assert.equal(rules.length, 3);
    const clean = await runStage(filterStage, {
      root,
      id: "clean",
      config: { kind: "filter", from: "corpus", rules: [{ exact_dedup: {} }, ...rules] },
      inputs: [corpus],
    });
    const kinds = kindsOf(await documentsOf(clean));
    assert.deepEqual([...kinds.keys()].sort(), [...USEFUL].sort());
    const before = kindsOf(await documentsOf(corpus));
    for (const kind of USEFUL) {
      const [kept, all] = [kinds.get(kind)?.length ?? 0, before.get(kind)?.length ?? 0];
      assert.ok(kept >= all - 2, `${kept} of ${all} ${kind}`);
    }
  }));
