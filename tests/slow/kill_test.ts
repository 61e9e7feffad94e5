import assert from "node:assert/strict";
import { join } from "node:path";
import { createRandom } from "../../pipelines/compile/random.ts";
import { isThere } from "../../runtime/atomic_file.ts";
import { call, ended, spawn, taskArgs, withPipeline } from "../pipelines/cli/processes/_sluice.ts";

const STEPS = 400;
const pipeline = `version: 1
name: killed
seed: 3
models:
  small: {use: decoder, dims: {layers: 2, embed: 32, heads: 2, kv_heads: 1, head_dim: 16, mlp: 64, vocab: auto}}
stages:
  world: {kind: documents, generate: small_world, count: 300}
  tokens: {kind: tokenize, from: world, tokenizer: {train: char}, seq: 32}
  model:
    kind: train
    model: small
    data: tokens
    batch: 8
    accumulate: 2
    steps: ${STEPS}
    eval: {every: 90}
    checkpoint: {every: 15}
`;

/** Complete lines of a file that may not be there yet. */
async function lines(path: string): Promise<number> {
  return await isThere(path) ? (await Deno.readTextFile(path)).split("\n").length - 1 : 0;
}

Deno.test("a run that is killed ten times leaves the metrics of one that is not", () =>
  withPipeline(async (dir) => {
    await Deno.writeTextFile(join(dir, "killed.yaml"), pipeline);
    const whole = await call(dir, "run", "killed.yaml", "--out", "whole");
    assert.equal(whole.code, 0, whole.err);

    const seed = Number(Deno.env.get("KILL_SEED") ?? Date.now() % 2 ** 32);
    console.log(`KILL_SEED=${seed} gives these kills again`);
    const random = createRandom(seed);
    const metrics = join(dir, "cut", "model.partial", "metrics.jsonl");
    const killedAt: number[] = [];
    let reached = 0;
    for (let kill = 0; kill < 10; kill++) {
      const process = spawn(dir, taskArgs("run", ["killed.yaml", "--out", "cut"]));
      const end = ended(process);
      const target = reached + 1 + random.integer(Math.floor((STEPS - reached) / (12 - kill)));
      while (await lines(metrics) < target) await new Promise((go) => setTimeout(go, 1));
      await new Promise((go) => setTimeout(go, random.integer(60)));
      assert.equal(await Deno.readTextFile(join(dir, "cut", "lock")), `${process.pid}\n`);
      process.kill("SIGKILL");
      assert.notEqual((await end).code, 0);
      killedAt.push(reached = await lines(metrics));
    }
    console.log(`killed at steps ${killedAt.join(", ")}`);
    const rest = await call(dir, "run", "killed.yaml", "--out", "cut");
    assert.equal(rest.code, 0, rest.err);
    for (const file of ["metrics.jsonl", "checkpoint/model.safetensors"]) {
      const [a, b] = await Promise.all(
        ["whole", "cut"].map((run) => Deno.readFile(join(dir, run, "model", file))),
      );
      assert.deepEqual(b, a, file);
    }
    assert.equal(await lines(join(dir, "cut", "model", "metrics.jsonl")), STEPS);
  }));
