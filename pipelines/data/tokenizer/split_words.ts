/** GPT-2's pre-tokenization: the pieces of a text that byte-pair encoding never joins. */

/**
 * The pattern of GPT-2 (openai/gpt-2, src/encoder.py), with white space as Unicode defines it:
 * JavaScript's `\s` holds U+FEFF and not U+0085, Oniguruma's the other way round, and with `\s` a text
 * would get other ids in other libraries. Both understand this source.
 */
export const WORD_PATTERN = String
  .raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+`;

const words = new RegExp(WORD_PATTERN, "gu");
const wordEnd = /\P{White_Space}(?=\p{White_Space})/gu;
/** Texts are split in parts of about this length, so that not all words of a long one are in memory. */
const PART_LENGTH = 1 << 16;

/** The words of a text in order, in arrays; together they are the text. */
export function* splitWords(text: string): Generator<readonly string[], void, void> {
  let start = 0;
  while (start < text.length) {
    let end = text.length;
    if (start + PART_LENGTH < text.length) {
      // No word goes on from a character to white space after it, so the text may be cut there.
      wordEnd.lastIndex = start + PART_LENGTH;
      if (wordEnd.exec(text) !== null) end = wordEnd.lastIndex;
    }
    yield text.slice(start, end).match(words) ?? [];
    start = end;
  }
}
