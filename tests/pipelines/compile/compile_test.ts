import assert from "node:assert/strict";
import { compilePipeline } from "../../../pipelines/compile/compile.ts";
import type { Pipeline } from "../../../pipelines/compile/compile.ts";
import { resolvePipeline } from "../../../pipelines/schema/resolve.ts";
import { memoryFiles } from "../schema/_memory_files.ts";

/** Compiles `/project/p.yaml`, beside which there are some data files. */
function compile(text: string, set: readonly string[] = []): Pipeline {
  const fs = memoryFiles({
    "/project/p.yaml": text,
    "/project/data/b.txt": "",
    "/project/data/a.txt": "",
    "/project/data/c.jsonl": "",
    "/project/model/config.json": '{"model_type": "gpt2"}',
    "/project/model/model.safetensors": "",
  });
  const readText = (path: string) => fs.readText(path);
  return compilePipeline(resolvePipeline("p.yaml", { cwd: "/project", set, readText }), { fs });
}

const text = `version: 1
name: p
models:
  m: {use: mine, dims: {embed: 4}, with: {slot: {use: other}}}
  unused: {use: third}
  given: {from: model}
blocks:
  mine: [{use: inner}]
  inner: [{op: gelu}]
  other: [{op: relu}]
  third: [{op: tanh}]
stages:
  report: {kind: report, from: [scores, train]}
  scores: {kind: eval, models: train, data: tokens, questions: world}
  train: {kind: train, model: m, data: tokens, batch: 4, steps: 10}
  tokens: {kind: tokenize, from: kept, tokenizer: {train: char}, seq: 8}
  kept: {kind: filter, from: files, rules: [exact_dedup]}
  files: {kind: documents, read: ["data/*.txt", data/c.jsonl, data/a.txt]}
  world: {kind: documents, generate: small_world, count: 5}
`;

Deno.test("compilePipeline() puts each stage behind those it reads", () => {
  const { stages } = compile(text);
  assert.deepEqual(stages.map(({ id, inputs }) => [id, inputs]), [
    ["files", []],
    ["kept", ["files"]],
    ["tokens", ["kept"]],
    ["train", ["tokens"]],
    ["world", []],
    ["scores", ["train", "tokens", "world"]],
    ["report", ["scores", "train"]],
  ]);
});

Deno.test("compilePipeline() keeps the order of the file where it may", () => {
  const documents = (id: string) => `  ${id}: {kind: documents, generate: small_world, count: 5}\n`;
  const { stages } = compile(
    `version: 1\nname: p\nstages:\n${["c", "a", "b"].map(documents).join("")}`,
  );
  assert.deepEqual(stages.map(({ id }) => id), ["c", "a", "b"]);
});

Deno.test("compilePipeline() lists the files that stages read, each once, with their place", () => {
  const { stages } = compile(text);
  const files = (wanted: string) => stages.find(({ id }) => id === wanted)?.files;
  assert.deepEqual(files("files"), [
    { path: "/project/data/a.txt", location: "p.yaml:18:63" },
    { path: "/project/data/b.txt", location: "p.yaml:18:35" },
    { path: "/project/data/c.jsonl", location: "p.yaml:18:49" },
  ]);
  assert.deepEqual(files("scores"), []);
  assert.deepEqual(files("train"), []);
});

/** What decides on the key of a stage. */
function keyOf(pipeline: Pipeline, stage: string): unknown {
  return pipeline.stages.find(({ id }) => id === stage)?.keyConfig;
}

Deno.test("keyConfig has the models and blocks of a stage, and no paths", () => {
  const pipeline = compile(text);
  const key = keyOf(pipeline, "train") as Record<string, unknown>;
  assert.deepEqual(key.models, [
    { use: "mine", dims: { embed: 4 }, with: { slot: { use: "other" } } },
  ]);
  assert.deepEqual(Object.keys(key.blocks as object), ["inner", "mine", "other"]);
  assert.deepEqual(keyOf(pipeline, "files"), {
    kind: "documents",
    read: [{}, {}, {}],
    text: "text",
    unit: "line",
    on_error: "keep_aside",
  });
});

Deno.test("keyConfig changes with what a stage depends on, and with nothing else", () => {
  const same = (stage: string, ...set: string[]) =>
    JSON.stringify(keyOf(compile(text), stage)) ===
      JSON.stringify(keyOf(compile(text, set), stage));
  assert.equal(same("train", "stages.train.optimizer.lr=0.5"), false);
  assert.equal(same("train", "models.m.dims.embed=8"), false);
  assert.equal(same("train", "blocks.inner.0.op=relu"), false);
  assert.equal(same("train", "blocks.third.0.op=relu"), true);
  const block = "blocks.inner={doc: Bends., nodes: [{op: gelu}]}";
  assert.equal(same("train", block), true);
  assert.equal(same("train", "models.unused.use=mine"), true);
  assert.equal(same("train", "stages.tokens.seq=4"), true);
  assert.equal(same("train", "name=other", "seed=1"), true);
});
