/** Bytes of a file, decompressed on the way: `.gz` by node:zlib, `.zst` by fzstd with checksums. */

import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { systemReason } from "../../runtime/system_reason.ts";
import { ChecksumError, DataError } from "./data_error.ts";
import { compressionOf } from "./source_format.ts";
import { unzstd, WRONG_CHECKSUM } from "./unzstd.ts";

/** Bytes read from the disk at once. */
const CHUNK_BYTES = 1 << 18;

/**
 * The content of a file in order, in blocks of at most some 100 kB. `onRead` is called with the
 * number of bytes that each read took from the disk. Damaged or truncated data gives a `DataError`,
 * after every block before the damage; one that only a checksum shows, a `ChecksumError` behind
 * what is wrong.
 *
 * node:zlib is not used for zstd: in Deno 2.9.6 its stream takes truncated data for complete,
 * refuses files of several frames, and throws errors that nobody can catch.
 */
export async function* readBytes(
  path: string,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array, void, void> {
  const chunks = readChunks(path, onRead);
  const compression = compressionOf(path);
  if (compression === "gzip") yield* gunzip(path, chunks);
  else if (compression === "zstd") yield* readZstd(path, chunks);
  else yield* chunks;
}

async function* readChunks(path: string, onRead: (bytes: number) => void) {
  using file = await reading(path, () => Deno.open(path));
  while (true) {
    const buffer = new Uint8Array(CHUNK_BYTES);
    const count = await reading(path, () => file.read(buffer));
    if (count === null) return;
    onRead(count);
    yield buffer.subarray(0, count);
  }
}

/** Lets what the system refuses say which file it is about. */
async function reading<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : systemReason(error);
    if (reason === undefined) throw error;
    throw new DataError({ file: path }, `Cannot read the file: ${reason}`);
  }
}

async function* gunzip(path: string, chunks: AsyncIterable<Uint8Array>) {
  const source = Readable.from(chunks, { objectMode: false });
  const inflate = createGunzip({ chunkSize: CHUNK_BYTES });
  source.on("error", (error) => inflate.destroy(error));
  try {
    for await (const block of source.pipe(inflate)) yield block as Uint8Array;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof DataError) throw error;
    if (/^incorrect (data|length) check$/.test(error.message)) throw spoilt(path, "gzip");
    const early = error.message === "unexpected end of file";
    throw damaged(path, "gzip", early ? "it ends too early" : error.message);
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

async function* readZstd(path: string, chunks: AsyncIterable<Uint8Array>) {
  try {
    yield* unzstd(chunks);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof DataError) throw error;
    if (error.message === WRONG_CHECKSUM) throw spoilt(path, "zstd");
    throw damaged(path, "zstd", error.message);
  }
}

function damaged(path: string, format: string, reason: string): DataError {
  return new DataError({ file: path }, `Cannot decompress the ${format} data: ${reason}`);
}

function spoilt(path: string, format: string): ChecksumError {
  return new ChecksumError(
    { file: path },
    `Cannot decompress the ${format} data: ${WRONG_CHECKSUM}`,
  );
}
