/** Writes the tokens of one split of a tokenize stage. */

import { join } from "node:path";
import { createFileAtomic } from "../../runtime/atomic_file.ts";

/** A part of a corpus: what a model learns from, or what it is judged by. */
export type Split = "train" | "held_out";

/** What a split holds. */
export interface SplitCounts {
  readonly documents: number;
  readonly tokens: number;
  /** Bytes of the texts in UTF-8. */
  readonly bytes: number;
}

/** Names of the files of a split. */
export function splitFiles(dir: string, split: Split): {
  readonly tokens: string;
  readonly index: string;
  readonly ids: string;
} {
  return {
    tokens: join(dir, `tokens-${split}.bin`),
    index: join(dir, `index-${split}.bin`),
    ids: join(dir, `ids-${split}.txt`),
  };
}

/** Bytes of a token in the file: two if every id fits. */
export function tokenBytes(vocab: number): 2 | 4 {
  return vocab > 65536 ? 4 : 2;
}

/**
 * Writes the documents of a split in order. Disposed of before it is closed, it leaves no files.
 */
export interface TokenWriter extends AsyncDisposable {
  /** `bytes`: of the text that the tokens stand for. A document without tokens is left out. */
  write(id: string, tokens: readonly number[], bytes: number): Promise<void>;
  /** Puts the files in place under their names. */
  close(): Promise<SplitCounts>;
}

/**
 * Three files: `tokens-SPLIT.bin` holds the ids one after the other, little-endian u16, or u32 if
 * the vocabulary is larger than 65536; `ids-SPLIT.txt` the ids of the documents in UTF-8, with
 * nothing between; `index-SPLIT.bin` two little-endian u64 for every document: where its tokens
 * end, in tokens, and where its id ends, in bytes.
 */
export async function createTokenWriter(
  dir: string,
  split: Split,
  vocab: number,
): Promise<TokenWriter> {
  const names = splitFiles(dir, split);
  await using opened = new AsyncDisposableStack();
  const tokensFile = opened.use(await createBuffered(names.tokens));
  const indexFile = opened.use(await createBuffered(names.index));
  const idsFile = opened.use(await createBuffered(names.ids));
  const files = opened.move();
  const encoder = new TextEncoder();
  const wide = tokenBytes(vocab) === 4;
  let [documents, tokens, bytes, idBytes] = [0, 0, 0, 0];
  return {
    async write(id, ids, textBytes) {
      if (ids.length === 0) return;
      const name = encoder.encode(id);
      documents++;
      tokens += ids.length;
      bytes += textBytes;
      idBytes += name.length;
      const packed = wide ? Uint32Array.from(ids) : Uint16Array.from(ids);
      await tokensFile.write(new Uint8Array(packed.buffer));
      await indexFile.write(
        new Uint8Array(BigUint64Array.of(BigInt(tokens), BigInt(idBytes)).buffer),
      );
      await idsFile.write(name);
    },
    async close() {
      for (const file of [tokensFile, indexFile, idsFile]) await file.close();
      return { documents, tokens, bytes };
    },
    [Symbol.asyncDispose]: () => files.disposeAsync(),
  };
}

const BUFFER_BYTES = 1 << 18;

/** A file under a temporary name until it is closed, written in large blocks. */
async function createBuffered(path: string) {
  const file = await createFileAtomic(path);
  const buffer = new Uint8Array(BUFFER_BYTES);
  let used = 0;
  const flush = async () => {
    await file.write(buffer.subarray(0, used));
    used = 0;
  };
  return {
    ...file,
    async write(bytes: Uint8Array) {
      for (let at = 0; at < bytes.length;) {
        if (used === buffer.length) await flush();
        const part = bytes.subarray(at, at + buffer.length - used);
        buffer.set(part, used);
        used += part.length;
        at += part.length;
      }
    },
    async close() {
      await flush();
      await file.close();
    },
  };
}
