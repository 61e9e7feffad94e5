/** The letters that stand for bytes in the vocabularies of byte-level tokenizers. */

/**
 * The letter of each byte, as in GPT-2: a visible letter of Latin-1 stands for itself, the other bytes,
 * in order, for the letters from U+0100 on.
 */
export const BYTE_LETTERS: readonly string[] = (() => {
  const visible = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from(
    { length: 256 },
    (_, byte) => String.fromCharCode(visible(byte) ? byte : next++),
  );
})();

const LETTER_BYTES: ReadonlyMap<string, number> = new Map(
  BYTE_LETTERS.map((letter, byte) => [letter, byte]),
);

/** The bytes of a token of a byte-level vocabulary; undefined if a letter stands for none. */
export function tokenBytes(token: string): Uint8Array | undefined {
  const bytes = Array.from(token, (letter) => LETTER_BYTES.get(letter) ?? -1);
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
}
