import assert from "node:assert/strict";
import { openPipeline } from "../../../pipelines/compile/open_pipeline.ts";
import { planTrainings } from "../../../pipelines/compile/plan_trainings.ts";
import { charJson } from "../../../pipelines/data/tokenizer/tokenizer_json.ts";
import { withFolder } from "./_with_folder.ts";

const MODEL = `version: 1
name: p
models:
  m: {use: decoder, dims: {layers: 2, embed: 8, heads: 2, kv_heads: 2, head_dim: 4, mlp: 16, vocab: auto}}
stages:
  world: {kind: documents, generate: small_world, count: 10}
`;

async function plan(dir: string, stages: string) {
  await Deno.writeTextFile(`${dir}/p.yaml`, MODEL + stages);
  const { pipeline, problems } = await openPipeline("p.yaml", { cwd: dir, set: [] });
  assert.deepEqual(problems, []);
  return await planTrainings(pipeline!);
}

/** Elements of the layers and norms, and of the embedding and the head for each token. */
const [FIXED, PER_VOCAB] = [2 * (4 * 8 * 8 + 3 * 8 * 16 + 2 * 8) + 8, 2 * 8];

Deno.test("planTrainings() plans each training with the sizes of its own data", () =>
  withFolder(async (dir) => {
    const plans = await plan(
      dir,
      `  few: {kind: tokenize, from: world, tokenizer: {train: bpe, vocab: 300}, seq: 16}
  many: {kind: tokenize, from: world, tokenizer: {train: bpe, vocab: 400}, seq: 32}
  first: {kind: train, model: m, data: few, batch: 4, steps: 10}
  second: {kind: train, model: m, data: many, batch: 4, steps: 10}
`,
    );
    assert.deepEqual(
      plans.map((
        { stage, dims, tokens_per_step, params },
      ) => [stage, dims.seq, dims.vocab, tokens_per_step, params]),
      [
        ["first", 16, 300, 64, FIXED + PER_VOCAB * 300],
        ["second", 32, 400, 128, FIXED + PER_VOCAB * 400],
      ],
    );
  }));

Deno.test("planTrainings() invents no numbers where the vocabulary is not known", () =>
  withFolder(async (dir) => {
    const tokens = "  tokens: {kind: tokenize, from: world, tokenizer: {train: char}, seq: 16}\n";
    const train = "  t: {kind: train, model: m, data: tokens, batch: 4, ";
    const [known] = await plan(dir, `${tokens}${train}steps: 10}\n`);
    const { flops_per_token: flops, parameters, ...rest } = known;
    assert.deepEqual(rest, {
      stage: "t",
      name: "m",
      vocab_known: false,
      dims: { layers: 2, embed: 8, heads: 2, kv_heads: 2, head_dim: 4, mlp: 16, seq: 16 },
      params: { fixed: FIXED, per_vocab: PER_VOCAB },
      steps: 10,
      tokens_per_step: 64,
    });
    // Three products of the head, and the softmax over its results.
    assert.ok(typeof flops === "object" && flops.per_vocab >= 3 * 2 * 8 && flops.per_vocab < 80);
    assert.deepEqual(parameters[0], { name: "embedding.weight", type: "f32[vocab=? embed=8]" });
    const [by] = await plan(dir, `${tokens}${train}budget: {flops: 1.0e+9}}\n`);
    assert.equal(by.steps, undefined);
  }));

Deno.test("planTrainings() takes the vocabulary of a tokenizer file that is there", () =>
  withFolder(async (dir) => {
    const json = charJson(new Set("abc"), true);
    await Deno.writeTextFile(`${dir}/tokenizer.json`, JSON.stringify(json));
    const [{ dims, params }] = await plan(
      dir,
      `  tokens: {kind: tokenize, from: world, tokenizer: {file: tokenizer.json}, seq: 16}
  t: {kind: train, model: m, data: tokens, batch: 4, steps: 10}
`,
    );
    assert.deepEqual([dims.vocab, params], [4, FIXED + PER_VOCAB * 4]);
  }));
