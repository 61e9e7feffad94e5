/** Which sequences of the training split each step learns from. */

import { createRandom, deriveSeed } from "../compile/random.ts";

/** The order of sequences; every step's sequences follow from the seed and its number alone. */
export interface Batches {
  /** Where each sequence of step `step` (1, 2, ...) starts, as token positions in the split. */
  starts(step: number): number[];
}

/** What batches are drawn from. */
export interface BatchOptions {
  readonly order: "shuffled" | "random_windows";
  /** Tokens in the split. */
  readonly tokens: number;
  /** Tokens of a sequence; its targets reach one token further. */
  readonly seq: number;
  /** Sequences of a step. */
  readonly batch: number;
  readonly seed: number;
}

/** Marks a target that counts for nothing. */
export const IGNORED = -1;

/**
 * - `shuffled`: the split is cut into sequences from its start; each epoch goes through all of them in
 *   an order of its own, and a step may take sequences from two epochs.
 * - `random_windows`: every sequence starts at a place of its own, all places equally likely.
 *
 * Throws a RangeError if the split is shorter than one sequence and its last target.
 */
export function createBatches(options: BatchOptions): Batches {
  const { order, tokens, seq, batch, seed } = options;
  if (tokens <= seq) {
    throw new RangeError(
      `Cannot make batches: the training split has ${tokens} tokens, ` +
        `expected at least ${seq + 1} for sequences of ${seq}`,
    );
  }
  if (order === "random_windows") {
    return {
      starts(step) {
        const random = createRandom(deriveSeed(seed, "windows", step));
        return Array.from({ length: batch }, () => random.integer(tokens - seq));
      },
    };
  }
  const count = Math.floor((tokens - 1) / seq);
  let epoch = -1;
  let permutation = new Uint32Array();
  return {
    starts(step) {
      return Array.from({ length: batch }, (_, i) => {
        const place = (step - 1) * batch + i;
        const needed = Math.floor(place / count);
        if (needed !== epoch) {
          epoch = needed;
          permutation = Uint32Array.from({ length: count }, (_, index) => index);
          createRandom(deriveSeed(seed, "epoch", epoch)).shuffle(permutation);
        }
        return permutation[place % count] * seq;
      });
    },
  };
}

/** Tokens i32[batch seq] and, one place further on, targets i32[batch seq], row by row. */
export interface Sequences {
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
}

/** The tokens of a split, a piece at a time. */
export interface TokenSplit {
  /** How many there are. */
  readonly tokens: number;
  /** Fills `target` with the tokens from `position` on; they must be there. */
  read(position: number, target: Int32Array): void;
}

/** The sequences that start at `starts`; beyond the split's end tokens are 0 and targets ignored. */
export function readSequences(
  split: TokenSplit,
  starts: readonly number[],
  seq: number,
): Sequences {
  const tokens = new Int32Array(starts.length * seq);
  const targets = new Int32Array(starts.length * seq).fill(IGNORED);
  const piece = new Int32Array(seq + 1);
  starts.forEach((start, row) => {
    const read = piece.subarray(0, Math.max(0, Math.min(seq + 1, split.tokens - start)));
    if (read.length < 2) return;
    split.read(start, read);
    tokens.set(read.subarray(0, -1), row * seq);
    targets.set(read.subarray(1), row * seq);
  });
  return { tokens, targets };
}
