/** Loads `tokenizer.json`, of a tokenizer made here or of any other. */

import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { DataError } from "../data_error.ts";
import { createBpeTokenizer } from "./bpe_tokenizer.ts";
import { createCharTokenizer } from "./char_tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import {
  type AddedToken,
  BPE_PARTS,
  CHAR_PARTS,
  FIRST_MERGE_ID,
  type TokenizerJson,
} from "./tokenizer_json.ts";

/** The tokenizer of a folder: a finished tokenize stage, or a checkpoint. */
export async function loadTokenizer(dir: string): Promise<Tokenizer> {
  return await loadTokenizerFile(join(dir, "tokenizer.json"));
}

/** The tokenizer of a file. */
export async function loadTokenizerFile(path: string): Promise<Tokenizer> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DataError({ file: path }, "Cannot load the tokenizer: there is no such file");
  }
  try {
    return await createTokenizer(JSON.parse(text));
  } catch (error) {
    // The parser of JSON quotes the text, line breaks and all.
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    throw new DataError({ file: path }, `Cannot load the tokenizer: ${reason}`);
  }
}

/**
 * The tokenizer of a parsed `tokenizer.json`. Those that are made here are encoded by code of the same
 * project, which is faster; all others by Hugging Face's library.
 */
export async function createTokenizer(json: TokenizerJson): Promise<Tokenizer> {
  if (isMade(json, BPE_PARTS) && isOrdered(json)) return createBpeTokenizer(json);
  if (isMade(json, CHAR_PARTS) && json.model.merges.length === 0) return createCharTokenizer(json);
  return await createLibraryTokenizer(json);
}

function isMade(json: TokenizerJson, parts: typeof BPE_PARTS | typeof CHAR_PARTS): boolean {
  const { normalizer, pre_tokenizer, post_processor, decoder, model } = json;
  const made = { normalizer, pre_tokenizer, post_processor, decoder };
  return isDeepStrictEqual(made, parts) && model?.type === "BPE" && Array.isArray(model.merges);
}

/** True if the merge number i makes the id 257 + i, so that a smaller id is an earlier merge. */
function isOrdered({ model: { merges, vocab } }: TokenizerJson): boolean {
  return merges.every(([left, right], i) => vocab[left + right] === FIRST_MERGE_ID + i);
}

/** Names of special tokens that end a document, the surest first. */
const END_NAMES = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[EOS]"];

async function createLibraryTokenizer(json: TokenizerJson): Promise<Tokenizer> {
  // Loaded here, since tokenizers that are made here do without.
  const { Tokenizer: LibraryTokenizer } = await import("@huggingface/tokenizers");
  // With cleaning, spaces before punctuation would be lost in decoding.
  const library = new LibraryTokenizer(json, { clean_up_tokenization_spaces: false });
  const added: readonly AddedToken[] = json.added_tokens ?? [];
  const ids = [...library.get_vocab().values(), ...added.map(({ id }) => id)];
  const vocab = ids.reduce((most, id) => Math.max(most, id + 1), 0);
  if (vocab === 0) throw new Error("its vocabulary is empty");
  const eos = END_NAMES.map((name) => added.find(({ content }) => content === name)?.id)
    .find((id) => id !== undefined);
  // The library gives no id for words that some kinds of model do not know.
  const unknown = library.token_to_id(json.model?.unk_token ?? "");
  const known = (id: number | undefined, token: string): number => {
    const found = id ?? unknown;
    if (found !== undefined) return found;
    throw new RangeError(`Cannot encode ${JSON.stringify(token)}: the tokenizer has no such token`);
  };
  const encode = (text: string): number[] => {
    const { ids, tokens } = library.encode(text, { add_special_tokens: false });
    return ids.map((id: number | undefined, i) => known(id, tokens[i]));
  };
  return {
    vocab,
    ...(eos === undefined ? {} : { eos }),
    encode,
    decode: (tokens) => tokens.length === 0 ? "" : library.decode([...tokens]),
  };
}
