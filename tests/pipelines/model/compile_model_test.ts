import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import { formatGraph } from "../../../graph/ir/format_graph.ts";
import { formatType, tensor } from "../../../graph/ir/tensor.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import type { Model } from "../../../pipelines/model/model.ts";
import { logitsProgram, stepProgram } from "../../../pipelines/model/step_program.ts";
import { updateProgram } from "../../../pipelines/model/update_program.ts";
import { modelSource } from "./_model_source.ts";

const DIMS = "layers: 2, embed: 8, heads: 4, kv_heads: 2, head_dim: 4, mlp: 12, vocab: 16";
const GPT2 = "layers: 1, embed: 8, heads: 2, head_dim: 4, mlp: 12, vocab: 16";
const SOURCE = modelSource(`
models:
  llama: {use: decoder, dims: {${DIMS}}}
  tied: {extends: llama, tied: true, theta: 500000, dims: {layers: 1}}
  relu: {extends: tied, with: {ffn: {use: relu_mlp, scale: 3}}}
  gpt2: {use: gpt2, dims: {${GPT2}}}
  nanogpt: {extends: gpt2, bias: false, dropout: 0.1, activation: gelu_tanh}
  auto: {extends: llama, dims: {vocab: auto}}
blocks:
  relu_mlp:
    doc: An example of a block that a pipeline defines.
    attrs: {scale: 2}
    nodes:
      - {op: linear, id: up, to: mlp, bias: true, init: zeros}
      - {op: map, expr: "$scale * relu(up)"}
      - {use: rms_norm, dim: mlp}
      - {op: linear, to: embed, init: {kind: uniform, bound: $(1 / mlp)}}
`);

/** Compares a text with a golden file; with GOLDEN=write the file is written. */
function assertGolden(name: string, text: string) {
  const url = new URL(`./golden/${name}.txt`, import.meta.url);
  if (Deno.env.get("GOLDEN") === "write") Deno.writeTextFileSync(url, text);
  assert.equal(text, Deno.readTextFileSync(url));
}

function parameterList({ parameters }: Model): string {
  return parameters.map(({ name, type, init, matrix, location }) =>
    `${name} ${formatType(type)} ${JSON.stringify(init)}${matrix ? " matrix" : ""} ${location}\n`
  ).join("");
}

for (const name of ["llama", "tied", "relu", "gpt2", "nanogpt"]) {
  Deno.test(`compileModel() compiles the model ${name} as it did`, () => {
    const model = compileModel(SOURCE, name, { seq: 4 });
    const text = `${parameterList(model)}\n${formatGraph(logitsProgram(model, 2))}`;
    assertGolden(name, text);
  });
}

Deno.test("stepProgram() builds the forward and backward pass as it did", () => {
  const model = compileModel(SOURCE, "nanogpt", { seq: 4 });
  const step = stepProgram(model, { batch: 2, accumulate: 2, z_loss: 1e-4 });
  assertGolden("nanogpt_step", formatGraph(step));
});

Deno.test("updateProgram() builds clipping and AdamW as it did", () => {
  const model = compileModel(SOURCE, "tied", { seq: 4 });
  const optimizer = {
    kind: "adamw",
    betas: [0.9, 0.95],
    eps: 1e-8,
    weight_decay: 0.1,
    decay: "matrices",
  } as const;
  assertGolden("tied_update", formatGraph(updateProgram(model, { optimizer, clip: 1 })));
});

Deno.test("compileModel() takes the vocabulary from the tokenizer", () => {
  const model = compileModel(SOURCE, "auto", { seq: 4, vocab: 100 });
  assert.equal(model.dims.vocab, 100);
  assert.equal(model.vocabKnown, true);
});

Deno.test("compileModel() compiles with an unknown vocabulary", () => {
  const model = compileModel(SOURCE, "auto", { seq: 4 });
  assert.equal(model.vocabKnown, false);
  assert.equal(model.parameters.length, 21);
});

Deno.test("compileModel() lets a vocabulary be larger than the tokenizer's", () => {
  assert.equal(compileModel(SOURCE, "llama", { vocab: 12 }).dims.vocab, 16);
});

Deno.test("Model.forward() gives every node its place and its path", () => {
  const model = compileModel(SOURCE, "relu", { seq: 4 });
  const builder = createBuilder();
  const tokens = builder.input("tokens", tensor({ batch: 2, seq: 4 }, "i32"));
  const parameters = new Map(
    model.parameters.map(({ name, type }) => [name, builder.input(name, type)]),
  );
  const logits = model.forward(builder, tokens, { parameters });
  const { nodes } = builder.finish({ logits });
  const origins = nodes.map(({ origin }) => `${origin?.path} ${origin?.location}`);
  assert.ok(origins.includes("layers.0.ffn.map pipeline.yaml:15:9"), origins.join("\n"));
  assert.ok(origins.includes("layers.0.ffn.rms_norm.rms_norm pipelines/blocks/rms_norm.yaml:5:5"));
  assert.ok(origins.includes("tied_head pipelines/blocks/decoder.yaml:20:5"), origins.join("\n"));
});

Deno.test("Model.forward() refuses parameters of other types", () => {
  const model = compileModel(SOURCE, "gpt2", { seq: 4 });
  const builder = createBuilder();
  const tokens = builder.input("tokens", tensor({ batch: 2, seq: 4 }, "i32"));
  const wrong = builder.input("embedding", tensor({ vocab: 15, embed: 8 }));
  assert.throws(
    () => model.forward(builder, tokens, { parameters: new Map([["embedding.weight", wrong]]) }),
    {
      message: "Cannot build the model: parameter embedding.weight is f32[vocab=15 embed=8], " +
        "expected f32[vocab=16 embed=8]",
    },
  );
});
