import assert from "node:assert/strict";
import { createRandom } from "../../../../pipelines/compile/random.ts";
import { exportModel } from "../../../../pipelines/model/hugging_face/export_model.ts";
import { readFolder } from "../../../../pipelines/model/hugging_face/read_folder.ts";
import { compileModel } from "../../../../pipelines/model/compile_model.ts";
import { memoryFiles } from "../../schema/_memory_files.ts";
import { modelSource } from "../_model_source.ts";
import { compileFolder } from "./_folder_logits.ts";

const LLAMA = {
  model_type: "llama",
  vocab_size: 64,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};
const GPT2 = {
  model_type: "gpt2",
  vocab_size: 64,
  n_positions: 32,
  n_embd: 16,
  n_layer: 1,
  n_head: 4,
};
const WEIGHTS = { "/m/model.safetensors": "" };
const INDEX = "model.safetensors.index.json";

function read(files: Readonly<Record<string, string>>) {
  return readFolder("/m", memoryFiles(files));
}

function readConfig(config: unknown) {
  return read({ ...WEIGHTS, "/m/config.json": JSON.stringify(config) });
}

Deno.test("readFolder() reads what older and newer versions of transformers write", () => {
  const modelOf = (config: unknown) => {
    const found = readConfig(config);
    assert.ok("model" in found, JSON.stringify(found));
    return found.model;
  };
  const attention = (theta: number, more: object = {}) => ({
    use: "attention",
    attributes: { bias: false, theta, ...more },
  });
  assert.deepEqual(modelOf(LLAMA), {
    use: "decoder",
    dims: {
      ...{ layers: 2, embed: 16, heads: 4, kv_heads: 4, head_dim: 4, mlp: 24 },
      ...{ vocab: 64, positions: 2048 },
    },
    with: { attention: attention(10000), ffn: { use: "swiglu", attributes: { bias: false } } },
    attributes: { tied: false, eps: 1e-6, std: 0.02 },
  });
  const scaled = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const old = { ...LLAMA, rope_theta: 5e5, rope_scaling: { ...scaled, rope_type: "llama3" } };
  const recent = {
    ...LLAMA,
    rope_parameters: { ...scaled, rope_type: "llama3", rope_theta: 5e5 },
  };
  assert.deepEqual(modelOf(old).with?.attention, attention(5e5, scaled));
  assert.deepEqual(modelOf(recent), modelOf(old));
  const plain = { type: "default" };
  assert.deepEqual(modelOf({ ...LLAMA, rope_scaling: plain }).with?.attention, attention(10000));
  const wide = { ...LLAMA, head_dim: 8, num_key_value_heads: 2, tie_word_embeddings: true };
  const { dims, attributes } = modelOf({ ...wide, rms_norm_eps: 1e-5, sliding_window: null });
  assert.deepEqual([dims.head_dim, dims.kv_heads, attributes.tied], [8, 2, true]);
  assert.equal(attributes.eps, 1e-5);
  const gpt2 = modelOf({ ...GPT2, activation_function: "gelu", n_ctx: 32, summary_type: "mean" });
  assert.deepEqual(gpt2, {
    use: "gpt2",
    dims: { layers: 1, embed: 16, heads: 4, head_dim: 4, mlp: 64, vocab: 64, positions: 32 },
    attributes: {
      ...{ bias: true, dropout: 0.1, activation: "gelu", tied: true, eps: 1e-5, std: 0.02 },
    },
  });
});

/** What is in a config.json beside the sizes, and what is said of it. */
const REFUSED: readonly (readonly [object, object, string])[] = [
  [LLAMA, { sliding_window: 4096 }, "sliding_window 4096 (expected none)"],
  [LLAMA, { hidden_act: "gelu" }, 'hidden_act "gelu" (expected silu or swish)'],
  [LLAMA, { attention_dropout: 0.1 }, "attention_dropout 0.1 (expected 0)"],
  [
    LLAMA,
    { num_key_value_heads: 3 },
    "num_key_value_heads 3 (expected a divisor of num_attention_heads, 4)",
  ],
  [LLAMA, { head_dim: 5 }, "head_dim 5 (expected an even number)"],
  [LLAMA, { hidden_size: "16" }, 'hidden_size "16" (expected a whole number from 1 to 2147483647)'],
  [
    LLAMA,
    { num_hidden_layers: 0 },
    "num_hidden_layers 0 (expected a whole number from 1 to 2147483647)",
  ],
  [LLAMA, { rms_norm_eps: -1 }, "rms_norm_eps -1 (expected a number of 0 or more)"],
  [LLAMA, { mlp_bias: 1 }, "mlp_bias 1 (expected true or false)"],
  [LLAMA, { rope_theta: 0 }, "rope_theta 0 (expected a number above 0)"],
  [LLAMA, { rope_scaling: "llama3" }, 'rope_scaling "llama3" (expected a map)'],
  [
    LLAMA,
    { rope_scaling: { type: "yarn" } },
    'rope_scaling.type "yarn" (expected default or llama3)',
  ],
  [
    LLAMA,
    { rope_parameters: { rope_type: "linear", rope_theta: 1e4, factor: 2 } },
    'rope_parameters.rope_type "linear" (expected default or llama3)',
  ],
  [
    LLAMA,
    {
      rope_scaling: {
        ...{ rope_type: "llama3", factor: 0.5, low_freq_factor: 4, high_freq_factor: 4 },
        mscale: 2,
      },
    },
    "no rope_scaling.original_max_position_embeddings (expected a number, as rope_type is llama3); " +
    "rope_scaling.factor 0.5 (expected a number of 1 or more); " +
    "rope_scaling.high_freq_factor 4 (expected a number above low_freq_factor); " +
    "rope_scaling.mscale 2 (expected no such key)",
  ],
  [
    LLAMA,
    { rope_parameters: { partial_rotary_factor: 0.5 } },
    "rope_parameters.partial_rotary_factor 0.5 (expected 1)",
  ],
  [
    LLAMA,
    { layer_types: ["full_attention", "sliding_attention"] },
    'layer_types ["full_attention","sliding_attention"] (expected a list of full_attention)',
  ],
  [
    LLAMA,
    { quantization_config: { quant_method: "gptq" } },
    'quantization_config {"quant_method":"gptq"} (expected none)',
  ],
  [LLAMA, { num_experts: 8 }, "num_experts 8 (expected no such key)"],
  [LLAMA, { pruned_heads: { 0: [1] } }, 'pruned_heads {"0":[1]} (expected {})'],
  [GPT2, { n_head: 3 }, "n_head 3 (expected a divisor of n_embd, 16)"],
  [
    GPT2,
    { activation_function: "tanh" },
    'activation_function "tanh" (expected gelu_new or gelu_pytorch_tanh or gelu or relu or silu or swish)',
  ],
  [GPT2, { scale_attn_weights: false }, "scale_attn_weights false (expected true)"],
  [
    GPT2,
    { scale_attn_by_inverse_layer_idx: true },
    "scale_attn_by_inverse_layer_idx true (expected false)",
  ],
  [GPT2, { attn_pdrop: 0 }, "attn_pdrop 0 (expected that of resid_pdrop, 0.1)"],
  [GPT2, { add_cross_attention: true }, "add_cross_attention true (expected false)"],
  [GPT2, { is_encoder_decoder: true }, "is_encoder_decoder true (expected false)"],
];

for (const [base, more, message] of REFUSED) {
  const type = base === LLAMA ? "llama" : "gpt2";
  Deno.test(`readFolder() refuses a ${type} with ${message.replace(/ \(.*/, "")}`, () => {
    assert.deepEqual(readConfig({ ...base, ...more }), {
      message: `/m/config.json is of a ${type} that cannot be represented: ${message}`,
    });
  });
}

Deno.test("readFolder() never throws, whatever config.json has", () => {
  const random = createRandom(11);
  const values = [
    ...[null, true, "", "silu", -1, 0.5, 0, 3, 2 ** 31, 1e300, [], ["full_attention"], {}],
    ...[{ rope_type: "llama3", factor: 1e9 }, { type: 4 }, [[]], "9".repeat(500)],
  ];
  const keys = [
    ...["rope_scaling", "rope_parameters", "layer_types", "hidden_act", "head_dim", "sluice"],
    ...["model_type", "tie_word_embeddings", "num_key_value_heads", "rms_norm_eps"],
    ...["activation_function", "n_inner", "attn_pdrop", "resid_pdrop", "constructor"],
    ...Object.keys(LLAMA),
    ...Object.keys(GPT2),
  ];
  let models = 0;
  for (let i = 0; i < 2000; i++) {
    const config: Record<string, unknown> = { ...random.pick<object>([LLAMA, GPT2]) };
    for (let n = random.integer(3); n >= 0; n--) {
      config[random.pick(keys)] = random.pick<unknown>(values);
    }
    const found = readConfig(config);
    if ("model" in found) models++;
    else assert.match(found.message, /^\/m\/config\.json /);
  }
  assert.ok(models > 50 && models < 1500, String(models));
});

Deno.test("readFolder() says why a folder is no model", () => {
  const config = { "/m/config.json": JSON.stringify(GPT2) };
  const index = (map: unknown) => ({ [`/m/${INDEX}`]: JSON.stringify({ weight_map: map }) });
  const refused = (files: Record<string, string>, message: string, expected?: string) =>
    assert.deepEqual(read(files), { message, ...(expected === undefined ? {} : { expected }) });
  refused({}, "there is no folder /m");
  refused({ "/m": "" }, "/m is no folder");
  refused(WEIGHTS, "/m has no config.json", "a folder of Hugging Face");
  refused({ ...WEIGHTS, "/m/config.json": "[]" }, "/m/config.json is no JSON map");
  refused(
    { ...WEIGHTS, "/m/config.json": '{"model_type": "mistral"}' },
    '/m/config.json has model_type "mistral"',
    "llama or gpt2 or sluice",
  );
  refused(
    { ...WEIGHTS, "/m/config.json": "{}" },
    "/m/config.json has no model_type",
    "llama or gpt2 or sluice",
  );
  refused(
    { ...WEIGHTS, "/m/config.json": '{"model_type": "sluice"}' },
    '/m/config.json has no definition of the model under "sluice"',
  );
  const sluice = (definition: unknown, message: string) =>
    refused(
      {
        ...WEIGHTS,
        "/m/config.json": JSON.stringify({ model_type: "sluice", sluice: definition }),
      },
      `/m/config.json is damaged: ${message}`,
    );
  sluice({}, "sluice.model is empty");
  sluice({ model: { use: 1 } }, "sluice.model.use is 1");
  sluice({ model: { dims: {} } }, "sluice.model has no use");
  sluice({ model: { use: "a" }, blocks: { a: 3 } }, "sluice.blocks.a is 3");
  refused(config, `/m has neither model.safetensors nor ${INDEX}`);
  refused(
    { ...config, "/m/pytorch_model.bin": "" },
    "/m has its weights in pytorch_model.bin",
    "model.safetensors: load it in transformers and save it again",
  );
  refused(
    { ...config, ...index({ a: "1.safetensors" }) },
    `/m has no 1.safetensors, which ${INDEX} lists`,
  );
  refused(
    { ...config, ...index({ a: "../1.safetensors" }) },
    `/m: Cannot read ${INDEX}: tensor a is in "../1.safetensors", expected a .safetensors file of ` +
      "the folder",
  );
  const broken = read({ ...WEIGHTS, "/m/config.json": "{" });
  assert.match("message" in broken ? broken.message : "", /^\/m\/config.json cannot be read: /);
});

Deno.test("readFolder() finds config.json, all shards and the tokenizer", () => {
  const map = { weight_map: { a: "2.safetensors", b: "1.safetensors", c: "2.safetensors" } };
  const found = read({
    "/m/config.json": JSON.stringify(GPT2),
    [`/m/${INDEX}`]: JSON.stringify(map),
    ...{ "/m/1.safetensors": "", "/m/2.safetensors": "", "/m/tokenizer.json": "", "/m/vocab": "" },
  });
  assert.ok("files" in found);
  assert.deepEqual(
    found.files,
    ["config.json", INDEX, "1.safetensors", "2.safetensors", "tokenizer.json"].map((name) =>
      `/m/${name}`
    ),
  );
});

Deno.test("readFolder() brings back a model that Sluice has kept with its own blocks", () => {
  const source = modelSource(`
models: {m: {use: mine, dims: {embed: 8, vocab: 16}, with: {act: {use: squared, scale: 2}}}}
blocks:
  mine:
    inputs: tokens
    slots: {act: null}
    nodes:
      - {op: embedding, to: embed}
      - {use: act, id: acted}
      - {op: linear, to: vocab, tie: embedding}
  squared: {attrs: {scale: 1}, nodes: [{op: map, expr: x * x * $scale}]}
`);
  const model = compileModel(source, "m", { seq: 4 });
  const found = readConfig(exportModel(model).config);
  assert.ok("model" in found, JSON.stringify(found));
  const again = compileFolder(found, 4);
  const described = (parameters: typeof model.parameters) =>
    parameters.map(({ name, type }) => [name, type]);
  assert.deepEqual(described(again.parameters), described(model.parameters));
  assert.equal(again.positions, 4);
  assert.deepEqual(exportModel(again).config, exportModel(model).config);
});
