/** Decompresses zstd data, frame by frame, and verifies the checksum of each. */

import { Decompress } from "fzstd";
import createHasher from "xxhash-wasm";

/** What the error says of a frame that holds other content than its checksum was made of. */
export const WRONG_CHECKSUM = "its checksum is wrong";

/** Magic numbers (RFC 8878, 3.1), as little-endian integers. */
const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
/** Bytes of the header fields that a descriptor asks for, by its bits. */
const DICTIONARY_BYTES = [0, 1, 2, 4];
const SIZE_BYTES = [0, 2, 4, 8];
const MAX_BLOCK_BYTES = 1 << 17;

/**
 * The content of zstd data, a block of at most 128 kB at a time. Throws an Error that says what is
 * wrong with the data, after every block before the damage; a checksum stands behind the content of
 * its frame, so that content has been given when it turns out to be wrong.
 */
export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { create64 } = await createHasher();
  const source = byteReader(chunks);
  if (await source.ended()) throw new Error("the file is empty");
  while (!await source.ended()) {
    const magic = await source.read(4);
    const number = integer(magic);
    if (number !== FRAME && (number & ~15) >>> 0 !== SKIPPABLE) throw new Error(INVALID);
    if (number !== FRAME) await source.skip(integer(await source.read(4)));
    else yield* readFrame(magic, source, create64());
  }
}

const INVALID = "invalid zstd data";

type Reader = ReturnType<typeof byteReader>;
type Hasher = ReturnType<Awaited<ReturnType<typeof createHasher>>["create64"]>;

async function* readFrame(magic: Uint8Array, source: Reader, hasher: Hasher) {
  let found: Uint8Array[] = [];
  // The decoder reuses its window, so blocks are copied.
  const decoder = new Decompress((block) => found.push(block.slice()));
  const [descriptor] = await source.read(1);
  const single = (descriptor & 32) !== 0;
  const sizeBytes = SIZE_BYTES[descriptor >> 6] || (single ? 1 : 0);
  const fields = (single ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3] + sizeBytes;
  decoder.push(concat(magic, Uint8Array.of(descriptor), await source.read(fields)));
  for (let last = false; !last;) {
    const header = await source.read(3);
    last = (header[0] & 1) === 1;
    const type = (header[0] >> 1) & 3;
    const bytes = integer(header) >> 3;
    if (type === 3 || bytes > MAX_BLOCK_BYTES) throw new Error(INVALID);
    // A block of type 1 is one byte that is repeated.
    decoder.push(concat(header, await source.read(type === 1 ? 1 : bytes)));
    if (!last) {
      for (const block of found) hasher.update(block);
      yield* found;
      found = [];
    }
  }
  const checksum = await source.read((descriptor & 4) === 0 ? 0 : 4);
  decoder.push(checksum, true);
  for (const block of found) hasher.update(block);
  yield* found;
  if (checksum.length > 0 && BigInt(integer(checksum)) !== BigInt.asUintN(32, hasher.digest())) {
    throw new Error(WRONG_CHECKSUM);
  }
}

/** Takes pieces of a wanted size from chunks of any size. */
function byteReader(chunks: AsyncIterable<Uint8Array>) {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest = new Uint8Array(0);
  const ended = async () => {
    while (rest.length === 0) {
      const { done, value } = await iterator.next();
      if (done) return true;
      rest = new Uint8Array(value);
    }
    return false;
  };
  const some = async (count: number) => {
    if (await ended()) throw new Error("it ends too early");
    const piece = rest.subarray(0, count);
    rest = rest.subarray(count);
    return piece;
  };
  return {
    /** True if there are no more bytes. */
    ended,
    /** The next `count` bytes. */
    async read(count: number): Promise<Uint8Array> {
      const parts: Uint8Array[] = [];
      for (let left = count; left > 0;) {
        const piece = await some(left);
        parts.push(piece);
        left -= piece.length;
      }
      return parts.length === 1 ? parts[0] : concat(...parts);
    },
    /** Leaves out the next `count` bytes. */
    async skip(count: number): Promise<void> {
      for (let left = count; left > 0;) left -= (await some(left)).length;
    },
  };
}

function integer(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte, i) => (sum | byte << 8 * i) >>> 0, 0);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
