/** A small untrained model over a few characters. */

import { createTokenizer } from "../../../pipelines/data/tokenizer/load_tokenizer.ts";
import { charJson } from "../../../pipelines/data/tokenizer/tokenizer_json.ts";
import type { TrainedModel } from "../../../pipelines/eval/trained_model.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { initialValues } from "../model/_initial_values.ts";
import { modelSource } from "../model/_model_source.ts";

/**
 * The characters of the toy model's tokenizer, in the order of their ids; `<|endoftext|>` is
 * behind.
 */
export const CHARACTERS = " abcdefg";

const MODELS = `
models:
  llama: {use: decoder, dims: {layers: 1, embed: 16, heads: 2, kv_heads: 1, head_dim: 8, mlp: 32, vocab: auto}, std: 0.5}
  gpt2: {use: gpt2, dims: {layers: 1, embed: 16, heads: 2, head_dim: 8, mlp: 32, vocab: auto}, std: 0.5}
`;

/** An untrained model whose weights are large enough to prefer some tokens to others. */
export async function toyModel(name: "llama" | "gpt2", seq: number): Promise<TrainedModel> {
  const vocab = CHARACTERS.length + 1;
  const source = modelSource(MODELS);
  const full = compileModel(source, name, { vocab, seq });
  const values = initialValues(full, 5);
  return {
    name,
    async *parameters() {
      for (const { name } of full.parameters) yield [name, values.get(name)!] as const;
    },
    tokenizer: await createTokenizer(charJson(CHARACTERS, true)),
    tokenizerJson: {},
    vocab,
    seq,
    fixed: false,
    model: (length) =>
      compileModel(source, name, { vocab, seq: Math.min(seq, length), positions: seq }),
  };
}
