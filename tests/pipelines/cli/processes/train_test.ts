import assert from "node:assert/strict";
import { join } from "node:path";
import { isThere } from "../../../../runtime/atomic_file.ts";
import { call, ended, spawn, taskArgs, withPipeline } from "./_sluice.ts";

const pipeline = `version: 1
name: trained
seed: 3
models:
  small: {use: decoder, dims: {layers: 1, embed: 16, heads: 2, kv_heads: 1, head_dim: 8, mlp: 32, vocab: auto}}
stages:
  corpus: {kind: documents, read: text.txt}
  tokens: {kind: tokenize, from: corpus, tokenizer: {train: char}, seq: 16, held_out: {share: 0.2}}
  model: {kind: train, model: small, data: tokens, batch: 4, steps: 300, checkpoint: {every: 100}}
  scores: {kind: eval, models: model, data: tokens, generate: {prompts: [line], max_tokens: 5}}
`;

/** Status and reason of the stages in a report. */
function stagesOf(json: string): string[] {
  const report: { stages: Record<string, { status: string; why: string }> } = JSON.parse(json);
  return Object.entries(report.stages).map(([id, { status, why }]) => `${id} ${status}: ${why}`);
}

Deno.test("run trains, goes on after Ctrl-C to the same numbers, and keeps what did not change", () =>
  withPipeline(async (dir) => {
    await Deno.writeTextFile(join(dir, "trained.yaml"), pipeline);
    const whole = await call(dir, "run", "trained.yaml", "--out", "whole", "--json");
    assert.equal(whole.code, 0, whole.err);
    assert.match(
      whole.err,
      /^trained: seed 3, .*\nengine (wasm, \d+ threads?|webgpu, .*) \(auto: .*\)\n/,
    );
    const { metrics } = JSON.parse(whole.out).stages.scores;
    assert.ok(metrics.model.loss > 0 && metrics.model.loss < 3, `loss ${metrics.model.loss}`);
    assert.match(await Deno.readTextFile(join(dir, "whole", "report.html")), /data-chart="loss"/);

    const process = spawn(dir, taskArgs("run", ["trained.yaml", "--out", "cut"]));
    const end = ended(process);
    const partial = join(dir, "cut", "model.partial", "metrics.jsonl");
    while (!await isThere(partial)) await new Promise((go) => setTimeout(go, 5));
    process.kill("SIGINT");
    const { code, out, err } = await end;
    assert.equal(code, 130, out + err);
    assert.match(out, /\nmodel: saved a checkpoint at step \d+\n/);
    assert.match(err, /^interrupted; resume with: deno task .*run trained\.yaml --out cut\n$/);

    const rest = await call(dir, "run", "trained.yaml", "--out", "cut", "--threads", "1", "--json");
    assert.deepEqual(stagesOf(rest.out), [
      "corpus cached: unchanged",
      "tokens cached: unchanged",
      "model ran: was interrupted",
      "scores ran: first run",
    ]);
    for (const file of ["metrics.jsonl", "checkpoint/model.safetensors"]) {
      const [a, b] = await Promise.all(
        ["whole", "cut"].map((run) => Deno.readFile(join(dir, run, "model", file))),
      );
      assert.deepEqual(b, a, file);
    }

    const set = ["--set", "stages.model.optimizer.lr=0.01", "--set", "stages.model.steps=20"];
    const changed = await call(dir, "run", "trained.yaml", "--out", "cut", ...set, "--json");
    assert.deepEqual(stagesOf(changed.out), [
      "corpus cached: unchanged",
      "tokens cached: unchanged",
      "model ran: optimizer.lr is 0.01, was 0.001; steps is 20, was 300",
      "scores ran: input model changed",
    ]);
  }));

Deno.test("run --profile prints the costliest kernels and leaves a trace, once", () =>
  withPipeline(async (dir) => {
    await Deno.writeTextFile(join(dir, "trained.yaml"), pipeline);
    const args = ["trained.yaml", "--until", "model", "--set", "stages.model.steps=25"];
    const first = await call(dir, "run", ...args, "--profile");
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /\nmodel: profile of steps 11 to 20, .* model\/trace\.json, /);
    assert.match(first.out, /\nmodel: ms\/step +share +GFLOP\/s +GB\/s +launches +kernel\n/);
    const stage = join(dir, "runs", "trained", "model");
    const { traceEvents } = JSON.parse(await Deno.readTextFile(join(stage, "trace.json")));
    assert.ok(traceEvents.length > 100, `${traceEvents.length} events`);
    const again = await call(dir, "run", ...args, "--profile");
    assert.equal(again.code, 0, again.err);
    assert.match(
      again.out,
      /\nmodel: cached\nmodel: was not profiled: it is cached \(--fresh runs it again\)\n/,
    );
  }));
