/** Every character is a token. */

import { END_OF_TEXT, type Tokenizer } from "./tokenizer.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** The tokenizer of a file that `charJson` made. To encode a character it does not have is an error. */
export function createCharTokenizer({ model }: TokenizerJson): Tokenizer {
  const ids = new Map(Object.entries(model.vocab));
  const tokens: string[] = [];
  for (const [token, id] of ids) tokens[id] = token;
  const eos = ids.get(END_OF_TEXT);
  const encodePart = (text: string, out: number[]) => {
    for (const character of text) {
      const id = ids.get(character);
      if (id === undefined) {
        throw new RangeError(
          `Cannot encode ${JSON.stringify(character)}: ` +
            `the tokenizer was made of texts without this character`,
        );
      }
      out.push(id);
    }
  };
  const encode = (text: string): number[] => {
    const out: number[] = [];
    const parts = eos === undefined ? [text] : text.split(END_OF_TEXT);
    parts.forEach((part, i) => {
      if (i > 0 && eos !== undefined) out.push(eos);
      encodePart(part, out);
    });
    return out;
  };
  return {
    vocab: tokens.length,
    ...(eos === undefined ? {} : { eos }),
    encode,
    decode: (sequence) => sequence.map((id) => tokens[id] ?? "").join(""),
  };
}
