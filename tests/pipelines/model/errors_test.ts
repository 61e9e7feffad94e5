import assert from "node:assert/strict";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { PipelineError } from "../../../pipelines/schema/problem.ts";
import { modelSource } from "./_model_source.ts";

/** A model that cannot be compiled, and what is said about it. */
interface Bad {
  readonly title: string;
  readonly text: string;
  /** Values of `--set`. */
  readonly set?: readonly string[];
  readonly vocab?: number;
  readonly message: string;
}

const DIMS = "{layers: 2, embed: 32, heads: 4, kv_heads: 2, head_dim: 8, mlp: 96, vocab: 64}";

/** A pipeline whose `ffn` is a block of its own with these nodes; the first is on line 7. */
function ffn(...nodes: string[]): string {
  return [
    "models:",
    `  base: {use: decoder, dims: ${DIMS}}`,
    "  m: {extends: base, with: {ffn: mine}}",
    "blocks:",
    "  mine:",
    "    nodes:",
    ...nodes.map((node) => `      - ${node}`),
    "",
  ].join("\n");
}

const BAD: readonly Bad[] = [
  {
    title: "an unknown op",
    text: ffn("{op: lineer, to: mlp}"),
    message: 'pipeline.yaml:7:14: unknown op "lineer" in block mine, did you mean "linear"?',
  },
  {
    title: "an unknown block",
    text: ffn("{use: swigloo}"),
    message: 'pipeline.yaml:7:15: unknown block "swigloo" in block mine, did you mean "swiglu"?',
  },
  {
    title: "an unknown dim",
    text: ffn("{op: linear, to: mpl}"),
    message: 'pipeline.yaml:7:26: unknown dim "mpl" (layers.0.ffn.linear), did you mean "mlp"?',
  },
  {
    title: "an unknown attribute of an op",
    text: ffn("{op: linear, to: embed, biass: true}"),
    message: 'pipeline.yaml:7:33: unknown attribute "biass" of op linear in block mine, ' +
      'did you mean "bias"?',
  },
  {
    title: "an unknown attribute of a block",
    text: ffn("{use: gelu_mlp, activatoin: gelu}"),
    message:
      'pipeline.yaml:7:25: unknown attribute "activatoin" of block gelu_mlp in block mine, ' +
      'did you mean "activation"?',
  },
  {
    title: "an attribute of the wrong type",
    text: ffn("{use: gelu_mlp, std: wide}"),
    message: 'pipeline.yaml:7:30: attribute "std" of block gelu_mlp is "wide" ' +
      "(layers.0.ffn.gelu_mlp), expected a number such as 0.02",
  },
  {
    title: "an attribute of an op of the wrong type",
    text: ffn("{op: softmax, scale: wide}"),
    message: 'pipeline.yaml:7:30: attribute "scale" of op softmax is "wide" ' +
      "(layers.0.ffn.softmax), expected a number",
  },
  {
    title: "a model of too many nodes",
    text: ffn("{op: map, expr: x, repeat: 60000}"),
    message: "pipeline.yaml:7:9: the model has more than 50000 nodes (layers.0.ffn.map)",
  },
  {
    title: "an unknown slot",
    text: ffn("{use: layer, with: {fnn: swiglu}}"),
    message: 'pipeline.yaml:7:29: unknown slot "fnn" of block layer in block mine, ' +
      'did you mean "ffn"?',
  },
  {
    title: "an unknown slot of the model",
    text: `models:\n  m: {use: decoder, dims: ${DIMS}, with: {fnn: swiglu}}\n`,
    message: 'pipeline.yaml:2:114: unknown slot "fnn" of block decoder, did you mean "ffn"?',
  },
  {
    title: "a forward reference",
    text: ffn(
      '{op: map, id: act, expr: "silu(gate)"}',
      "{op: linear, id: gate, in: x, to: mlp}",
      "{op: linear, in: act, to: embed}",
    ),
    message: 'pipeline.yaml:7:34: "gate" comes only later in block mine',
  },
  {
    title: "an unknown id",
    text: ffn("{op: linear, id: gate, in: x, to: mlp}", "{op: linear, in: gat, to: embed}"),
    message: 'pipeline.yaml:8:26: unknown id "gat" in block mine, did you mean "gate"?',
  },
  {
    title: "an id given twice",
    text: ffn("{op: linear, id: a, to: mlp}", "{op: linear, id: a, to: embed}"),
    message: 'pipeline.yaml:8:26: id "a" is taken in block mine',
  },
  {
    title: "a tie to a missing id",
    text: ffn("{op: linear, id: up, to: mlp}", "{op: linear, to: embed, tie: upp}"),
    message: 'pipeline.yaml:8:38: unknown id "upp" in block mine, did you mean "up"?',
  },
  {
    title: "a tie to another shape",
    text: ffn("{op: linear, id: up, to: mlp}", "{op: linear, to: [heads, head_dim], tie: up}"),
    message: "pipeline.yaml:8:50: the weight of up is [embed=32 mlp=96] (layers.0.ffn.linear), " +
      "expected the dims [mlp=96 heads=4 head_dim=8]",
  },
  {
    title: "a shape mismatch inside a repeat, through use and extends",
    text: ffn("{op: linear, id: up, to: mlp}", "{op: map, expr: up + x}"),
    message: "pipeline.yaml:8:9: Cannot call map: x must have dims of [batch=1 seq=1 mlp=96] in " +
      "order, got [batch=1 seq=1 embed=32] (layers.0.ffn.map)",
  },
  {
    title: "a result of another type than the layer's input",
    text: ffn("{op: linear, to: mlp}"),
    message: "pipeline.yaml:3:3: models.m: Cannot call map: ffn must have dims of " +
      "[batch=1 seq=1 embed=32] in order, got [batch=1 seq=1 mlp=96] (layers.0.map) " +
      "at pipelines/blocks/layer.yaml:10:5",
  },
  {
    title: "a size set by a flag",
    text: ffn("{op: linear, id: up, to: mlp}", "{op: map, expr: up + x}"),
    set: ["models.base.dims.mlp=80"],
    message: "pipeline.yaml:8:9: Cannot call map: x must have dims of [batch=1 seq=1 mlp=80] in " +
      "order, got [batch=1 seq=1 embed=32]; mlp=80 comes from --set models.base.dims.mlp " +
      "(layers.0.ffn.map)",
  },
  {
    title: "a shape mismatch with a vocabulary that is not known yet",
    text: ffn("{op: linear, id: up, to: vocab}", "{op: map, expr: up + x}"),
    set: ["models.base.dims.vocab=auto"],
    message: "pipeline.yaml:8:9: Cannot call map: x must have dims of [batch=1 seq=1 vocab=?] in " +
      "order, got [batch=1 seq=1 embed=32] (layers.0.ffn.map)",
  },
  {
    title: "heads that do not split into groups",
    text: `models:\n  m: {use: decoder, dims: ${DIMS.replace("kv_heads: 2", "kv_heads: 3")}}\n`,
    message:
      "pipeline.yaml:2:3: models.m: Cannot call rearrange: dim heads=4 does not split into " +
      "kv_heads x group (layers.0.attention.queries) at pipelines/blocks/attention.yaml:34:5",
  },
  {
    title: "an expression that cannot be read",
    text: ffn('{op: map, expr: "silu(x"}'),
    message: 'pipeline.yaml:7:25: Cannot parse expression: expected ",", got the end ' +
      '(column 7 of "silu(x") in block mine',
  },
  {
    title: "a constant with an unknown name",
    text: ffn("{op: linear, to: embed, init: $(1 / sqrt(embd))}"),
    message: 'pipeline.yaml:7:39: constant "(1 / sqrt(embd))": unknown name "embd" ' +
      '(layers.0.ffn.linear), did you mean "embed"?',
  },
  {
    title: "a repeat that changes the type",
    text: ffn("{op: linear, to: mlp, repeat: 2}"),
    message: "pipeline.yaml:7:9: repeated linear turns f32[batch=1 seq=1 embed=32] into " +
      "f32[batch=1 seq=1 mlp=96] (layers.0.ffn.linear), expected the type it is given",
  },
  {
    title: "a block that uses itself",
    text: ffn("{use: mine}"),
    message: "pipeline.yaml:6:5: block mine uses itself",
  },
  {
    title: "a missing dim",
    text: "models:\n  m: {use: decoder, dims: {layers: 1, embed: 32, vocab: 64}}\n",
    message: 'pipeline.yaml:2:27: models.m: unknown dim "heads" (layers.0.attention.q) ' +
      "at pipelines/blocks/attention.yaml:15:37, expected layers, embed, vocab, seq, positions",
  },
  {
    title: "an attribute that no dropout in the library takes",
    text: `models:\n  m: {use: gpt2, dims: ${DIMS}, dropout: 10}\n`,
    message:
      "pipeline.yaml:2:3: models.m: Cannot call dropout: p must be a number from 0 to below " +
      "1, got 10 (dropout) at pipelines/blocks/gpt2.yaml:18:5",
  },
  {
    title: "a dropout without a number",
    text: ffn("{op: dropout, p: abc}"),
    message: "pipeline.yaml:7:9: Cannot call dropout: p must be a number from 0 to below 1, " +
      "got abc (layers.0.ffn.dropout)",
  },
  {
    title: "a block of the library in a block, where it is used",
    text: ffn("{op: linear, to: mlp}", "{use: rms_norm}"),
    message:
      "pipeline.yaml:8:9: Cannot call rms_norm: dim D is mlp=96 in x but embed=32 in weight " +
      "(layers.0.ffn.rms_norm.rms_norm) at pipelines/blocks/rms_norm.yaml:5:5",
  },
  {
    title: "what fills a slot, where it is given",
    text: [
      "models:",
      `  base: {use: decoder, dims: ${DIMS}}`,
      "  m:",
      "    extends: base",
      "    with:",
      "      ffn: {use: mine}",
      "blocks:",
      "  mine:",
      "    attrs: {factor: null}",
      "    nodes:",
      "      - {op: linear, to: embed}",
      "",
    ].join("\n"),
    message: 'pipeline.yaml:6:12: attribute "factor" of block mine is missing (layers.0.ffn) ' +
      "at pipelines/blocks/layer.yaml:9:5",
  },
  {
    title: "a result with a vocabulary that is not known yet",
    text: `models:\n  m: {use: mine, dims: {embed: 8, vocab: auto}}\n` +
      "blocks:\n  mine:\n    nodes:\n      - {op: embedding, to: embed}\n",
    message: "pipeline.yaml:2:6: model m gives f32[batch=1 seq=1 embed=8], " +
      "expected f32[batch=1 seq=1 vocab=?]",
  },
  {
    title: "a repeat that changes the type to a vocabulary that is not known yet",
    text: ffn("{op: linear, to: vocab, repeat: 2}"),
    set: ["models.base.dims.vocab=auto"],
    message: "pipeline.yaml:7:9: repeated linear turns f32[batch=1 seq=1 embed=32] into " +
      "f32[batch=1 seq=1 vocab=?] (layers.0.ffn.linear), expected the type it is given",
  },
  {
    title: "a vocabulary smaller than the tokenizer's",
    text: `models:\n  m: {use: decoder, dims: ${DIMS}}\n`,
    vocab: 256,
    message: "pipeline.yaml:2:102: dim vocab is 64 in model m, expected at least 256, " +
      "the tokenizer's size",
  },
  {
    title: "a block that is no language model",
    text: `models:\n  m: {use: swiglu, dims: ${DIMS}}\n`,
    message: "pipeline.yaml:2:3: models.m: Cannot call einsum: a must be f32, " +
      "got i32[batch=1 seq=1] (gate) at pipelines/blocks/swiglu.yaml:4:5",
  },
];

for (const { title, text, set, vocab, message } of BAD) {
  Deno.test(`compileModel() refuses ${title}`, () => {
    const options = vocab === undefined ? {} : { vocab };
    assert.throws(
      () => compileModel(modelSource(text, set), "m", options),
      (error) => {
        assert.ok(error instanceof PipelineError, String(error));
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}

Deno.test("modelSource() reports all that is wrong with blocks at once", () => {
  const text = ffn("{op: lineer, to: mlp}", "{use: swigloo, in: gat}");
  assert.throws(() => modelSource(text), {
    message: [
      'pipeline.yaml:7:14: unknown op "lineer" in block mine, did you mean "linear"?',
      'pipeline.yaml:8:15: unknown block "swigloo" in block mine, did you mean "swiglu"?',
      'pipeline.yaml:8:28: unknown id "gat" in block mine, expected x, lineer',
    ].join("\n"),
  });
});
