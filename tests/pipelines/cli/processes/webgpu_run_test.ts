import assert from "node:assert/strict";
import { join } from "node:path";
import { webgpuTest } from "../../../webgpu_engine.ts";
import { readMetrics } from "../../../../pipelines/train/metrics_lines.ts";
import { call, withPipeline } from "./_sluice.ts";

const pipeline = `version: 1
name: trained
seed: 3
models:
  small: {use: decoder, dims: {layers: 1, embed: 16, heads: 2, kv_heads: 1, head_dim: 8, mlp: 32, vocab: auto}}
stages:
  corpus: {kind: documents, read: text.txt}
  tokens: {kind: tokenize, from: corpus, tokenizer: {train: char}, seq: 16, held_out: {share: 0.2}}
  model:
    kind: train
    model: small
    data: tokens
    batch: 4
    accumulate: 2
    steps: 25
    eval: {every: 10}
    optimizer: {lr: 0.01}
  scores: {kind: eval, models: model, data: tokens, generate: {prompts: [line], max_tokens: 5}}
`;

webgpuTest(
  "run trains and judges on webgpu as on wasm, and again to the same bits",
  () =>
    withPipeline(async (dir) => {
      await Deno.writeTextFile(join(dir, "trained.yaml"), pipeline);
      const run = async (engine: string, out: string) => {
        const { code, err } = await call(
          dir,
          "run",
          "trained.yaml",
          "--engine",
          engine,
          "--out",
          out,
        );
        assert.equal(code, 0, err);
        return await readMetrics(join(dir, out, "model"));
      };
      const wasm = await run("wasm", "wasm");
      const webgpu = await run("webgpu", "webgpu");
      assert.equal(webgpu.length, 25);
      webgpu.forEach(({ step, loss, val_loss }, i) => {
        assert.ok(Math.abs(loss / wasm[i].loss - 1) < 1e-4, `step ${step}: ${loss}`);
        if (val_loss === undefined) return;
        assert.ok(Math.abs(val_loss / wasm[i].val_loss! - 1) < 1e-4, `step ${step}: ${val_loss}`);
      });
      assert.deepEqual(await run("webgpu", "again"), webgpu);
      for (const file of ["model/checkpoint/model.safetensors", "scores/samples.jsonl"]) {
        const [a, b] = await Promise.all(
          ["webgpu", "again"].map((out) => Deno.readFile(join(dir, out, file))),
        );
        assert.deepEqual(b, a, file);
      }
    }),
);
