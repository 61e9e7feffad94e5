/** Documents between stages: `documents-00000.jsonl.zst`, one JSON object per line. */

import { once } from "node:events";
import { join } from "node:path";
import { constants, createZstdCompress } from "node:zlib";
import { createFileAtomic, removeIfThere, TEMPORARY_SUFFIX } from "../../runtime/atomic_file.ts";
import type { Document } from "./document.ts";
import { DataError } from "./data_error.ts";
import { readBytes } from "./read_bytes.ts";
import { readLines } from "./read_lines.ts";
import { codePoints, utf8Length } from "./text_size.ts";

/** What a set of files holds. */
export interface DocumentCounts {
  readonly documents: number;
  /** Bytes of the texts in UTF-8. */
  readonly bytes: number;
  /** Code points of the texts. */
  readonly characters: number;
}

/** Writes documents in order. Disposed of before it is closed, it leaves the last file out. */
export interface DocumentWriter extends AsyncDisposable {
  /** `extra` fields stand beside `id`, `text` and `metadata` in the file. */
  write(document: Document, extra?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Completes the last file. The files count only after this. */
  close(): Promise<DocumentCounts>;
}

/** A file is closed after this many characters of JSON. */
const FILE_LENGTH = 1 << 28;
/** Characters that are gathered before they are compressed. */
const BLOCK_LENGTH = 1 << 20;

/**
 * Writes the files `PREFIX-00000.jsonl.zst`, ... of a folder; files of that prefix that are there
 * already are removed. No documents give one empty file.
 */
export async function createDocumentWriter(
  dir: string,
  prefix: string = "documents",
  fileLength: number = FILE_LENGTH,
): Promise<DocumentWriter> {
  for (const name of await filesOf(dir, prefix, true)) await removeIfThere(join(dir, name));
  let [documents, bytes, characters] = [0, 0, 0];
  let files = 0;
  const open = () =>
    createFile(join(dir, `${prefix}-${String(files++).padStart(5, "0")}.jsonl.zst`));
  let file = await open();
  let [block, blockLength, length] = [[] as string[], 0, 0];
  const flush = async () => {
    if (blockLength > 0) await file.write(encoder.encode(block.join("")));
    [block, blockLength] = [[], 0];
  };
  const write = async (
    { id, text, metadata }: Document,
    extra: Readonly<Record<string, unknown>> = {},
  ) => {
    if (length >= fileLength) {
      await flush();
      await file.close();
      [file, length] = [await open(), 0];
    }
    const line = JSON.stringify({ id, text, metadata, ...extra }) + "\n";
    block.push(line);
    blockLength += line.length;
    length += line.length;
    documents++;
    bytes += utf8Length(text);
    characters += codePoints(text);
    if (blockLength >= BLOCK_LENGTH) await flush();
  };
  const close = async () => {
    await flush();
    await file.close();
    return { documents, bytes, characters };
  };
  return { write, close, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
}

const encoder = new TextEncoder();

/** A zstd file with a checksum, under a temporary name until it is closed. */
async function createFile(path: string) {
  const file = await createFileAtomic(path);
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const copying = (async () => {
    for await (const block of compress) await file.write(block);
  })();
  // A failure is thrown by the next write, or by close, and not as one that nobody awaits.
  let failure: unknown;
  copying.catch((error) => failure = error);
  return {
    async write(bytes: Uint8Array) {
      if (failure !== undefined) throw failure;
      if (!compress.write(bytes)) await Promise.race([once(compress, "drain"), copying]);
    },
    async close() {
      compress.end();
      await copying;
      await file.close();
    },
    async [Symbol.asyncDispose]() {
      compress.destroy();
      await copying.catch(() => {});
      await file[Symbol.asyncDispose]();
    },
  };
}

/**
 * The documents of a stage's folder, in the order they were written. `onRead` is called with the
 * number of bytes that each read took from the disk.
 */
export async function* readDocuments(
  dir: string,
  onRead: (bytes: number) => void = () => {},
  prefix: string = "documents",
): AsyncGenerator<Document, void, void> {
  const names = await filesOf(dir, prefix, false);
  if (names.length === 0) {
    throw new DataError(
      { file: dir },
      `Cannot read the documents: there is no ${prefix}-*.jsonl.zst`,
    );
  }
  for (const name of names) {
    for await (const { line, text, problem } of readLines(readBytes(join(dir, name), onRead))) {
      if (problem !== undefined) {
        throw new DataError(
          { file: join(dir, name), line },
          `Cannot read the document: ${problem}`,
        );
      }
      // What a stage wrote is not checked again: stages are complete before they are read.
      if (text !== "") yield JSON.parse(text) as Document;
    }
  }
}

/** Bytes on the disk of a folder's documents: the total of what `readDocuments` reports. */
export async function documentBytes(dir: string, prefix: string = "documents"): Promise<number> {
  let total = 0;
  for (const name of await filesOf(dir, prefix, false)) {
    total += (await Deno.stat(join(dir, name))).size;
  }
  return total;
}

async function filesOf(dir: string, prefix: string, temporary: boolean): Promise<string[]> {
  const pattern = new RegExp(
    `^${prefix}-\\d+\\.jsonl\\.zst(${TEMPORARY_SUFFIX.replace(".", "\\.")})?$`,
  );
  const names: string[] = [];
  for await (const { name } of Deno.readDir(dir)) {
    const match = pattern.exec(name);
    if (match && (temporary || match[1] === undefined)) names.push(name);
  }
  return names.sort();
}
