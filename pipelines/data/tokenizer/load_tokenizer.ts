/** Loads `tokenizer.json`, of a tokenizer made here or of any other. */

import { isDeepStrictEqual } from "node:util";
import { dirname, join } from "node:path";
import { DataError } from "../data_error.ts";
import { createBpeTokenizer } from "./bpe_tokenizer.ts";
import { createCharTokenizer } from "./char_tokenizer.ts";
import { END_OF_TEXT, type Tokenizer, TOKENIZER_CONFIG } from "./tokenizer.ts";
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

/** The tokenizer of a file; what ends a text is as the `tokenizer_config.json` beside it says. */
export async function loadTokenizerFile(path: string): Promise<Tokenizer> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DataError({ file: path }, "Cannot load the tokenizer: there is no such file");
  }
  const { eos_token } = await readTokenizerConfig(dirname(path));
  // Older versions of transformers write what else there is of a token, too.
  const eos = typeof eos_token === "object" ? Object(eos_token).content : eos_token;
  try {
    return await createTokenizer(JSON.parse(text), typeof eos === "string" ? eos : undefined);
  } catch (error) {
    // The parser of JSON quotes the text, line breaks and all.
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    throw new DataError({ file: path }, `Cannot load the tokenizer: ${reason}`);
  }
}

/** What the `tokenizer_config.json` of a folder says; empty if there is none. */
export async function readTokenizerConfig(dir: string): Promise<Readonly<Record<string, unknown>>> {
  const file = join(dir, TOKENIZER_CONFIG);
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    const { NotCapable, NotFound } = Deno.errors;
    // A run may read only what was there when its rights were decided.
    if (error instanceof NotFound || error instanceof NotCapable) return {};
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return { ...json };
  throw new DataError({ file }, "Cannot load the tokenizer: it is no JSON map");
}

/**
 * The tokenizer of a parsed `tokenizer.json`. Those that are made here are encoded by code of the
 * same project, which is faster; all others by Hugging Face's library. `eos` is the token that ends
 * a text; without it one of the usual names is looked for. Throws an Error if there is no such
 * token.
 */
export async function createTokenizer(json: TokenizerJson, eos?: string): Promise<Tokenizer> {
  if (eos === undefined || eos === END_OF_TEXT) {
    if (isMade(json, BPE_PARTS) && isOrdered(json)) return createBpeTokenizer(json);
    if (isMade(json, CHAR_PARTS) && json.model.merges.length === 0) {
      return createCharTokenizer(json);
    }
  }
  return await createLibraryTokenizer(json, eos);
}

/** The post processor does not count: nothing is put around texts. */
function isMade(json: TokenizerJson, parts: typeof BPE_PARTS | typeof CHAR_PARTS): boolean {
  const { normalizer, pre_tokenizer, decoder, model, added_tokens } = json;
  const { post_processor: _, ...expected } = parts;
  return isDeepStrictEqual({ normalizer, pre_tokenizer, decoder }, expected) &&
    model?.type === "BPE" && Array.isArray(model.merges) && Array.isArray(added_tokens) &&
    added_tokens.every(({ content }) => content === END_OF_TEXT);
}

/** True if the merge number i makes the id 257 + i, so that a smaller id is an earlier merge. */
function isOrdered({ model: { merges, vocab } }: TokenizerJson): boolean {
  return merges.every(([left, right], i) => vocab[left + right] === FIRST_MERGE_ID + i);
}

/** Names of special tokens that end a document where nothing says it, the surest first. */
const END_NAMES = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[EOS]"];

async function createLibraryTokenizer(
  json: TokenizerJson,
  eosToken: string | undefined,
): Promise<Tokenizer> {
  // Loaded here, since tokenizers that are made here do without.
  const { Tokenizer: LibraryTokenizer } = await import("@huggingface/tokenizers");
  // With cleaning, spaces before punctuation would be lost in decoding.
  const library = new LibraryTokenizer(json, { clean_up_tokenization_spaces: false });
  const added: readonly AddedToken[] = json.added_tokens ?? [];
  const ids = [...library.get_vocab().values(), ...added.map(({ id }) => id)];
  const vocab = ids.reduce((most, id) => Math.max(most, id + 1), 0);
  if (vocab === 0) throw new Error("its vocabulary is empty");
  const addedId = (name: string) => added.find(({ content }) => content === name)?.id;
  const eos = eosToken === undefined
    ? END_NAMES.map(addedId).find((id) => id !== undefined)
    : addedId(eosToken) ?? library.token_to_id(eosToken);
  if (eosToken !== undefined && eos === undefined) {
    throw new Error(
      `${TOKENIZER_CONFIG} beside it has eos_token ${
        JSON.stringify(eosToken)
      }, expected one of its ` +
        "tokens",
    );
  }
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
