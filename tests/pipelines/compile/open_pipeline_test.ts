import assert from "node:assert/strict";
import { openPipeline } from "../../../pipelines/compile/open_pipeline.ts";
import { memoryFiles } from "../schema/_memory_files.ts";

Deno.test("openPipeline() reads each file once, as a pipe has to be read", async () => {
  const text = `version: 1
name: p
models: {m: {use: decoder, dims: {vocab: 8}}}
stages: {world: {kind: documents, generate: small_world, count: 5}}
`;
  const files = memoryFiles({ "/project/p.yaml": text });
  let reads = 0;
  const fs = { ...files, readText: (path: string) => reads++ > 0 ? "" : files.readText(path) };
  const { problems } = await openPipeline("p.yaml", { cwd: "/project", fs });
  assert.equal(reads, 1);
  // A model is found wrong by the second of the checks.
  assert.match(problems[0].message, /unknown dim/);
});
