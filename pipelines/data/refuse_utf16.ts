/** Tells UTF-16 from text: read as UTF-8, much of it would be text with zeros in it. */

import { DataError } from "./data_error.ts";

/** What a file in UTF-16 begins with, if it says so. */
const MARKS = [[0xff, 0xfe], [0xfe, 0xff]];
/** Characters at the start that tell it otherwise. */
const CHARACTERS = 4;

/** The blocks of a file, as they are. Throws a `DataError` if they begin as UTF-16 does. */
export async function* refuseUtf16(
  path: string,
  blocks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let first = true;
  for await (const block of blocks) {
    if (first && isUtf16(block)) {
      throw new DataError({ file: path }, "Cannot read the file: it is UTF-16, should be UTF-8");
    }
    first = false;
    yield block;
  }
}

/** True with the mark, and for some characters of ASCII, with zeros as the other half of each. */
function isUtf16(block: Uint8Array): boolean {
  if (MARKS.some(([a, b]) => block[0] === a && block[1] === b)) return true;
  const start = [...block.subarray(0, 2 * CHARACTERS)];
  const zeros = (odd: number) => start.every((byte, i) => (byte === 0) === (i % 2 === odd));
  return start.length === 2 * CHARACTERS && (zeros(0) || zeros(1));
}
