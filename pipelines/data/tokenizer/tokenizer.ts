/** A tokenizer: text to ids and back. */

/** What every tokenizer can do. */
export interface Tokenizer {
  /** How many ids there are; each is below this. */
  readonly vocab: number;
  /** The id that ends a document, if there is one. */
  readonly eos?: number;
  /**
   * The ids of a text. The text of a special token gives its id, as in the libraries of Hugging
   * Face; no id is added at the beginning or the end.
   */
  encode(text: string): number[];
  /** The text of ids. Bytes that are not UTF-8 become replacement characters. */
  decode(ids: readonly number[]): string;
}

/** The file beside `tokenizer.json` that names the token which ends a text. */
export const TOKENIZER_CONFIG = "tokenizer_config.json";

/** The special token that ends a document, in tokenizers made here. */
export const END_OF_TEXT = "<|endoftext|>";
