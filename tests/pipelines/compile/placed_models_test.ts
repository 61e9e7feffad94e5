import assert from "node:assert/strict";
import { checkModel } from "../../../pipelines/compile/check_model.ts";
import {
  openModels,
  type PlacedModels,
  placeModels,
} from "../../../pipelines/compile/stage_models.ts";
import { stepProgram } from "../../../pipelines/model/step_program.ts";
import { PipelineError } from "../../../pipelines/schema/problem.ts";
import { resolvePipeline } from "../../../pipelines/schema/resolve.ts";

const DIMS = "dims: {layers: 1, embed: 8, heads: 2, kv_heads: 2, head_dim: 4, mlp: 16, vocab: 32}";

/** Models that are wrong in one way each, and where. */
const TEXT = `version: 1
name: p
models:
  dropout: {use: gpt2, ${DIMS}, dropout: 10}
  key: {use: gpt2, ${DIMS}, dropuot: 0.1}
  gradient: {use: decoder, ${DIMS}, with: {ffn: stiff}}
  slot: {use: decoder, ${DIMS}, with: {ffn: {op: softmax, scale: wide}}}
blocks:
  stiff:
    attrs: {std: 0.02, out_std: 0.02}
    nodes:
      - {op: softmax_grad, in: [x, x]}
stages:
  world: {kind: documents, generate: small_world, count: 10}
  tokens: {kind: tokenize, from: world, tokenizer: {train: char}, seq: 8}
  a: {kind: train, model: dropout, data: tokens, batch: 4, steps: 10}
  b: {kind: train, model: key, data: tokens, batch: 4, steps: 10}
  c: {kind: train, model: gradient, data: tokens, batch: 4, steps: 10}
  d: {kind: train, model: slot, data: tokens, batch: 4, steps: 10}
`;
const resolved = resolvePipeline("p.yaml", { cwd: "/", readText: () => TEXT });

function problemsOf(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    if (error instanceof PipelineError) return error.message.split("\n");
    throw error;
  }
}

const WRONG: Readonly<Record<string, string>> = {
  dropout:
    "p.yaml:4:3: models.dropout: Cannot call dropout: p must be a number from 0 to below 1, " +
    "got 10 (dropout) at pipelines/blocks/gpt2.yaml:18:5",
  key: 'p.yaml:5:105: unknown attribute "dropuot" of block gpt2, did you mean "dropout"?',
  gradient: "p.yaml:12:9: Cannot differentiate softmax_grad: the op has no gradient " +
    "(layers.0.ffn.softmax_grad)",
  slot: 'p.yaml:7:121: attribute "scale" of op softmax is "wide" (layers.0.ffn) ' +
    "at pipelines/blocks/layer.yaml:9:5, expected a number",
};

Deno.test("openModels() places what is wrong with a model where check does", async () => {
  const sent = JSON.parse(JSON.stringify(placeModels(resolved, {}))) as PlacedModels;
  const open = await openModels(sent);
  for (const [name, message] of Object.entries(WRONG)) {
    assert.deepEqual(problemsOf(() => checkModel(resolved, {}, name)), [message]);
    const run = () =>
      stepProgram(open(name, { vocab: 32, seq: 8 }), { batch: 2, accumulate: 1, z_loss: 0 });
    assert.deepEqual(problemsOf(run), [message]);
  }
});
