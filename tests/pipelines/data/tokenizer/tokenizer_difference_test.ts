import assert from "node:assert/strict";
import { tokenizerDifference } from "../../../../pipelines/data/tokenizer/tokenizer_difference.ts";
import { createTokenizer } from "../../../../pipelines/data/tokenizer/load_tokenizer.ts";
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

/** A byte-level file as the first versions wrote it: no type of the model, no `use_regex`. */
const old = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
  decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
  model: { vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
};

Deno.test("tokenizerDifference() fills in what today's programs write and older ones did not", () => {
  // What transformers 5 makes of it, as GPT2Tokenizer.
  const resaved = {
    ...old,
    pre_tokenizer: { ...old.pre_tokenizer, use_regex: true },
    decoder: { ...old.decoder, trim_offsets: false, use_regex: true },
    model: {
      ...{ type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: "" },
      ...{ end_of_word_suffix: "", fuse_unk: false, byte_fallback: false, ignore_merges: false },
      ...{ vocab: old.model.vocab, merges: [["a", "b"]] },
    },
  };
  assert.deepEqual(tokenizerDifference(old, resaved), []);
  assert.deepEqual(tokenizerDifference(resaved, old), []);
  const sequence = (use_regex: object) => ({
    ...old,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "Digits" }, { ...old.pre_tokenizer, ...use_regex }],
    },
  });
  assert.deepEqual(tokenizerDifference(sequence({}), sequence({ use_regex: true })), []);
  assert.deepEqual(tokenizerDifference(sequence({}), sequence({ use_regex: false })), [
    "pre_tokenizer",
  ]);
});

Deno.test("tokenizerDifference() tells false from absent and null where they mean other tokens", async () => {
  const { vocab } = old.model;
  const model = { vocab: { ...vocab, "Ġ": 3, "bĠ": 4 }, merges: ["b Ġ"] };
  const absent = { ...old, post_processor: null, model: { type: "BPE", ...model } };
  const off = { ...absent, pre_tokenizer: { ...old.pre_tokenizer, use_regex: false } };
  assert.deepEqual(tokenizerDifference(absent, off), ["pre_tokenizer"]);
  // And these are not the same tokens.
  const encode = async (json: object) =>
    (await createTokenizer(JSON.parse(JSON.stringify(json)))).encode("ab a");
  assert.deepEqual(await encode(absent), [0, 1, 3, 0]);
  assert.deepEqual(await encode(off), [0, 4, 0]);

  const bert = (strip: object) => ({
    ...old,
    normalizer: { type: "BertNormalizer", clean_text: true, lowercase: true, ...strip },
  });
  assert.deepEqual(tokenizerDifference(bert({}), bert({ strip_accents: null })), []);
  assert.deepEqual(tokenizerDifference(bert({}), bert({ strip_accents: false })), ["normalizer"]);
  const flags = { type: "Strip", strip_left: false };
  assert.deepEqual(
    tokenizerDifference({ ...old, normalizer: flags }, { ...old, normalizer: { type: "Strip" } }),
    ["normalizer"],
  );
  const unigram = (more: object) => ({ ...old, model: { type: "Unigram", vocab: [], ...more } });
  assert.deepEqual(tokenizerDifference(unigram({}), unigram({ byte_fallback: false })), ["model"]);
});
