/** Reads what a tokenize stage wrote, a piece at a time. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "./data_error.ts";
import { type Split, type SplitCounts, splitFiles, tokenBytes } from "./token_writer.ts";

/** `stats.json` of a tokenize stage. */
export interface TokenStats {
  readonly vocab: number;
  /** The id that ends a document; null: the tokenizer has none. */
  readonly eos: number | null;
  /** Tokens of a sequence. */
  readonly seq: number;
  readonly boundaries: "eos" | "none";
  readonly bytes_per_token: number;
  readonly train: SplitCounts;
  readonly held_out: SplitCounts;
}

/** The tokens of a finished tokenize stage. Close it when done. */
export interface Tokens {
  readonly stats: TokenStats;
  /**
   * Fills `target` with the tokens of a split from `position` on. They must be there: `position` plus
   * the length of `target` at most `stats[split].tokens`.
   */
  read(split: Split, position: number, target: Int32Array): void;
  /** The id of the document that the token at `position` belongs to. */
  documentAt(split: Split, position: number): string;
  close(): void;
}

/** Opens the folder of a tokenize stage. Nothing is kept in memory but the names of files. */
export async function openTokens(dir: string): Promise<Tokens> {
  const stats: TokenStats = JSON.parse(await Deno.readTextFile(join(dir, "stats.json")));
  const splits = {
    train: openSplit(dir, "train", stats),
    held_out: openSplit(dir, "held_out", stats),
  };
  return {
    stats,
    read: (split, position, target) => splits[split].read(position, target),
    documentAt: (split, position) => splits[split].documentAt(position),
    close: () => Object.values(splits).forEach(({ close }) => close()),
  };
}

function openSplit(dir: string, split: Split, stats: TokenStats) {
  const names = splitFiles(dir, split);
  const { tokens, documents } = stats[split];
  const width = tokenBytes(stats.vocab);
  const [tokensFile, indexFile, idsFile] = [names.tokens, names.index, names.ids].map((path) =>
    openSync(path, "r")
  );
  if (fstatSync(tokensFile).size !== tokens * width) {
    throw new DataError(
      { file: names.tokens },
      `Cannot read the tokens: the file has ${fstatSync(tokensFile).size} bytes, ` +
        `should have ${tokens * width}`,
    );
  }
  let buffer = new Uint8Array(0);
  const read = (position: number, target: Int32Array) => {
    if (position < 0 || position + target.length > tokens) {
      const last = position + target.length;
      throw new RangeError(
        `Cannot read tokens ${position} to ${last} of ${split}: there are ${tokens}`,
      );
    }
    if (buffer.length < target.length * width) buffer = new Uint8Array(target.length * width);
    const bytes = buffer.subarray(0, target.length * width);
    readAt(tokensFile, bytes, position * width);
    target.set(
      width === 2
        ? new Uint16Array(buffer.buffer, 0, target.length)
        : new Uint32Array(buffer.buffer, 0, target.length),
    );
  };
  /** Where the tokens and the id of a document end; of document -1: where those of the first begin. */
  const ends = (document: number): readonly [number, number] => {
    if (document < 0) return [0, 0];
    const words = new BigUint64Array(2);
    readAt(indexFile, new Uint8Array(words.buffer), document * 16);
    return [Number(words[0]), Number(words[1])];
  };
  const documentAt = (position: number): string => {
    if (position < 0 || position >= tokens) {
      throw new RangeError(`Cannot name the document of token ${position}: there are ${tokens}`);
    }
    // The first document that ends after the position, by bisection.
    let [low, high] = [0, documents - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends(middle)[0] > position) high = middle;
      else low = middle + 1;
    }
    const [begin, end] = [ends(low - 1)[1], ends(low)[1]];
    const id = new Uint8Array(end - begin);
    readAt(idsFile, id, begin);
    return new TextDecoder().decode(id);
  };
  const close = () => [tokensFile, indexFile, idsFile].forEach((file) => closeSync(file));
  return { read, documentAt, close };
}

function readAt(file: number, target: Uint8Array, position: number) {
  for (let at = 0; at < target.length;) {
    const count = readSync(file, target, at, target.length - at, position + at);
    if (count === 0) throw new Error(`Cannot read ${target.length} bytes: the file ends too early`);
    at += count;
  }
}
