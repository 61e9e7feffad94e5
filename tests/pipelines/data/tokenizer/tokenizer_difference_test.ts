import assert from "node:assert/strict";
import { tokenizerDifference } from "../../../../pipelines/data/tokenizer/tokenizer_difference.ts";
import { bpeJson } from "../../../../pipelines/data/tokenizer/tokenizer_json.ts";

const made = JSON.parse(JSON.stringify(bpeJson([[1, 2], [257, 3]])));

Deno.test("tokenizerDifference() passes over what transformers changes when it saves a tokenizer", () => {
  const { model, added_tokens, ...rest } = made;
  const { fuse_unk: _, unk_token: _unknown, ...others } = model;
  const [token] = added_tokens;
  // As transformers 5 writes it after `from_pretrained`, but for the order of the keys.
  const saved = {
    model: {
      ...others,
      ...{ continuing_subword_prefix: "", dropout: null, byte_fallback: false },
      vocab: Object.fromEntries(Object.entries(model.vocab).reverse()),
      merges: model.merges.map((pair: string[]) => pair.join(" ")),
    },
    added_tokens: [{ special: token.special, content: token.content, id: token.id }],
    ...rest,
    post_processor: { type: "TemplateProcessing", single: [{ Sequence: { id: "A" } }] },
    padding: { strategy: "BatchLongest" },
    truncation: { max_length: 512 },
  };
  assert.deepEqual(tokenizerDifference(made, saved), []);
  assert.deepEqual(tokenizerDifference(saved, made), []);
});

Deno.test("tokenizerDifference() names the parts that make other tokens", () => {
  const changed = (change: object) => tokenizerDifference(made, { ...made, ...change });
  const { model, added_tokens } = made;
  const [first, second] = model.merges;
  assert.deepEqual(changed({ model: { ...model, merges: [second, first] } }), ["model"]);
  assert.deepEqual(changed({ model: { ...model, vocab: { ...model.vocab, "!": 300 } } }), [
    "model",
  ]);
  assert.deepEqual(changed({ model: { ...model, byte_fallback: true } }), ["model"]);
  assert.deepEqual(changed({ normalizer: { type: "NFC" }, decoder: null }), [
    "normalizer",
    "decoder",
  ]);
  const other = { ...added_tokens[0], id: 400, content: "<|user|>" };
  assert.deepEqual(changed({ added_tokens: [...added_tokens, other] }), ["added_tokens"]);
  assert.deepEqual(tokenizerDifference(made, null), [
    "model",
    "pre_tokenizer",
    "decoder",
    "added_tokens",
  ]);
});
