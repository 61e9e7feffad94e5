import assert from "node:assert/strict";
import { compileModel } from "../../../../pipelines/model/compile_model.ts";
import { exportModel } from "../../../../pipelines/model/hugging_face/export_model.ts";
import { readParameters } from "../../../../pipelines/model/hugging_face/read_parameters.ts";
import { packTensor } from "../../../../pipelines/model/hugging_face/stored_tensors.ts";
import { openSafetensorsFolder } from "../../../../runtime/safetensors_folder.ts";
import { modelSource } from "../_model_source.ts";
import { folderModel } from "./_folder_logits.ts";

const GOLDEN = new URL("../../../golden/transformers", import.meta.url).pathname;

for (
  const name of ["llama_sharded", "llama_tied", "llama_bf16", "llama_scaled", "gpt2", "gpt2_f16"]
) {
  Deno.test(`exportModel() writes ${name} as transformers did`, async () => {
    const folder = `${GOLDEN}/${name}`;
    const model = folderModel(folder, 8);
    const { config, tensors, reason } = exportModel(model);
    assert.equal(reason, undefined);
    const { rope_parameters: rope, ...theirs } = JSON.parse(
      await Deno.readTextFile(`${folder}/config.json`),
    );
    // transformers 4 reads these; 5 reads them too, and writes rope_parameters.
    const { rope_theta, rope_scaling, ...ours } = config;
    if (rope !== undefined) {
      const { rope_theta: theta, ...scaling } = rope;
      assert.equal(rope_theta, theta);
      assert.deepEqual(rope_scaling, scaling.rope_type === "default" ? null : scaling);
    }
    const same = Object.keys(ours).map((key) => [key, theirs[key]]);
    // Absent, it is four times n_embd.
    const mlp = name === "gpt2" ? { n_inner: 64 } : {};
    assert.deepEqual(ours, { ...Object.fromEntries(same), ...mlp });

    const values = new Map<string, Float32Array>();
    for await (const [key, data] of readParameters(folder, model)) values.set(key, data);
    const files = await openSafetensorsFolder(folder);
    try {
      assert.deepEqual(tensors.map((plan) => plan.name).sort(), [...files.entries.keys()].sort());
      for (const plan of tensors) {
        assert.deepEqual(packTensor(plan, values), await files.read(plan.name), plan.name);
      }
    } finally {
      files.close();
    }
  });
}

const DIMS = "dims: {layers: 2, embed: 8, heads: 2, kv_heads: 1, head_dim: 4, mlp: 12, vocab: 16}";

function exported(models: string) {
  return exportModel(compileModel(modelSource(models), "m", { seq: 4 }));
}

function isSluice(models: string, reason: string) {
  const found = exported(models);
  assert.equal(found.config.model_type, "sluice");
  assert.equal(found.reason, reason);
  const { parameters } = compileModel(modelSource(models), "m", { seq: 4 });
  assert.deepEqual(found.tensors.map(({ name }) => name), parameters.map(({ name }) => name));
}

Deno.test("exportModel() finds every model of the library that transformers has", () => {
  const typeOf = (more: string) => exported(`models: {m: {${DIMS}, ${more}}}`).config.model_type;
  assert.equal(typeOf("use: decoder"), "llama");
  assert.equal(typeOf("use: decoder, tied: true, theta: 500, eps: 0.001"), "llama");
  assert.equal(typeOf("use: decoder, with: {attention: {use: attention, factor: 8}}"), "llama");
  assert.equal(typeOf("use: decoder, with: {ffn: {use: swiglu, bias: true}}"), "llama");
  assert.equal(typeOf("use: gpt2"), "gpt2");
  assert.equal(typeOf("use: gpt2, tied: false, dropout: 0.2, activation: gelu_tanh"), "gpt2");
});

Deno.test("exportModel() keeps what transformers does not have with its own names", () => {
  const gpt2 = "it computes something else than gpt2 of transformers";
  const model = (more: string) => `models: {m: {${DIMS}, ${more}}}`;
  isSluice(model("use: gpt2, bias: false"), gpt2);
  isSluice(model("use: gpt2, activation: tanh"), gpt2);
  isSluice(model("use: gpt2, with: {ffn: {use: gelu_mlp, dropout: 0.5}}"), gpt2);
  isSluice(
    model("use: decoder, with: {norm: layer_norm}"),
    "parameter layers.0.attention_norm.weight has no name in llama",
  );
});

Deno.test("exportModel() believes the names of a block only where it computes the same", () => {
  const names = "names: {llama: {gate: {name: gate_proj, weight: mlp embed}, " +
    "up: {name: up_proj, weight: mlp embed}, down: {name: down_proj, weight: embed mlp}}}";
  const withFfn = (expr: string, more: string) => `
models: {m: {use: decoder, ${DIMS}, with: {ffn: my_ffn}}}
blocks:
  my_ffn:
    nodes:
      - {op: linear, id: gate, in: x, to: mlp}
      - {op: linear, id: up, in: x, to: mlp}
      - {op: map, expr: ${expr}}
      - {op: linear, id: down, to: embed}
    ${more}
`;
  assert.equal(exported(withFfn("silu(gate) * up", names)).config.model_type, "llama");
  isSluice(
    withFfn("relu(gate) * up", names),
    "it computes something else than llama of transformers",
  );
  const nameless = "parameter layers.0.ffn.gate.weight has no name in llama";
  isSluice(withFfn("silu(gate) * up", ""), nameless);
  // Dims that the names are not for.
  const wrong = names.replace("weight: mlp embed", "weight: mlp");
  isSluice(withFfn("silu(gate) * up", wrong), nameless);
});

Deno.test("exportModel() keeps a model of Sluice so that its folder is enough", () => {
  const { config } = exported(`
models:
  m: {use: mine, dims: {embed: 8, vocab: 16, unused: 3}, with: {act: {use: squared, scale: 2}}}
  other: {use: other}
blocks:
  mine:
    inputs: tokens
    slots: {act: null}
    nodes:
      - {op: embedding, to: embed}
      - {op: parameter, id: places, dims: [seq, embed], init: zeros}
      - {op: map, id: placed, expr: embedding + places}
      - {use: act, in: placed}
      - {op: linear, to: vocab, tie: embedding}
  squared: {attrs: {scale: 1}, nodes: [{op: map, expr: x * x * $scale}]}
  other: [{op: rename, from: seq, to: key}]
`);
  const { model, blocks } = config.sluice as Record<string, Record<string, unknown>>;
  assert.deepEqual(JSON.parse(JSON.stringify(model)), {
    use: "mine",
    // As long as the sequences: a parameter is.
    dims: { embed: 8, vocab: 16, unused: 3, positions: 4, seq: 4 },
    with: { act: { use: "squared", scale: 2 } },
  });
  assert.deepEqual(Object.keys(blocks), ["mine", "squared"]);
});
