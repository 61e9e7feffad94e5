import assert from "node:assert/strict";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { describeModel } from "../../../pipelines/model/describe_model.ts";
import { modelSource } from "./_model_source.ts";

const SOURCE = modelSource(`
models:
  llama3_8b:
    use: decoder
    theta: 500000
    dims: {layers: 32, embed: 4096, heads: 32, kv_heads: 8, head_dim: 128, mlp: 14336, vocab: 128256}
  gpt2:
    use: gpt2
    dims: {layers: 12, embed: 768, heads: 12, head_dim: 64, mlp: 3072, vocab: 50257}
`);

Deno.test("describeModel() counts the parameters of Llama 3 8B", () => {
  const { params, active_params, parameters } = describeModel(
    compileModel(SOURCE, "llama3_8b", { seq: 128 }),
  );
  assert.equal(params, 8_030_261_248);
  assert.equal(active_params, params);
  assert.equal(parameters.length, 3 + 9 * 32);
});

Deno.test("describeModel() counts the parameters of GPT-2 small", () => {
  const { params } = describeModel(compileModel(SOURCE, "gpt2", { seq: 1024 }));
  assert.equal(params, 124_439_808);
});

Deno.test("describeModel() counts operations from the graph", () => {
  const seq = 128;
  const { forward_flops_per_token, flops_per_token } = describeModel(
    compileModel(SOURCE, "llama3_8b", { seq }),
  );
  // Twice the weights but for the embedding, and twice seq keys for scores and for mixing values.
  const weights = 2 * (8_030_261_248 - 128256 * 4096);
  const attention = 32 * 2 * 2 * seq * 4096;
  const expected = weights + attention;
  assert.ok(Math.abs(forward_flops_per_token / expected - 1) < 0.002);
  // The parts that are counted once for all tokens of a batch do not divide.
  assert.ok([forward_flops_per_token, flops_per_token].every(Number.isInteger));
  assert.ok(Math.abs(flops_per_token / (3 * expected) - 1) < 0.002);
});
