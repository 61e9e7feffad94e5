/** How likely a model finds texts after a prompt. */

import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import { breathe } from "../train/breathe.ts";
import { IGNORED } from "../train/batches.ts";
import { groupReads } from "../train/group_reads.ts";
import type { Evaluator } from "./open_evaluator.ts";

/** A text after a prompt, in tokens. */
export interface Continuation {
  /** Tokens of both. */
  readonly tokens: readonly number[];
  /** How many of the tokens, from the start, are the prompt's: at least one. */
  readonly given: number;
}

/**
 * The tokens of `prompt` and, behind it, `text`. They are made of both as one text, so that the
 * seam looks as it does in training; where it lies inside a token, that token counts as the text's.
 * A prompt without tokens is replaced by the token that ends a document.
 */
export function encodeContinuation(
  { encode, eos }: Tokenizer,
  prompt: string,
  text: string,
): Continuation {
  const before = encode(prompt);
  const tokens = encode(prompt + text);
  let given = 0;
  while (given < before.length && before[given] === tokens[given]) given++;
  if (given > 0) return { tokens, given };
  if (eos === undefined) {
    throw new Error("Cannot judge a text after an empty prompt: the tokenizer has no end of text");
  }
  return { tokens: [eos, ...tokens], given: 1 };
}

/**
 * The loss of each continuation in nats: the sum over its tokens of -log p(token | all before it).
 *
 * Sequences are padded on the right, where causal attention does not look, and each is computed
 * apart from the others, so a loss does not depend on what else is in the batch. Of a sequence that
 * is too long the beginning of the prompt is left out, as far as necessary. Throws a RangeError if
 * a text itself is longer than `seq`.
 */
export async function continuationLosses(
  { device, judge: { batch, seq } }: Pick<Evaluator, "device" | "judge">,
  continuations: readonly Continuation[],
  onBatch: (done: number) => void = () => {},
): Promise<Float64Array> {
  const losses = new Float64Array(continuations.length);
  const reads = groupReads(({ start, rows }: { start: number; rows: number }, found) => {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let at = row * seq; at < (row + 1) * seq; at++) sum += found[at];
      losses[start + row] = sum;
    }
  });
  const tokens = new Int32Array(batch * seq);
  const targets = new Int32Array(batch * seq);
  for (let start = 0; start < continuations.length; start += batch) {
    const rows = continuations.slice(start, start + batch);
    tokens.fill(0);
    targets.fill(IGNORED);
    rows.forEach(({ tokens: all, given }, row) => {
      const cut = Math.max(0, all.length - seq - 1);
      if (cut >= given) {
        throw new RangeError(
          `Cannot judge a text of ${all.length - given} tokens: at most ${seq} can be judged`,
        );
      }
      for (let i = cut; i + 1 < all.length; i++) {
        const at = row * seq + i - cut;
        tokens[at] = all[i];
        if (i + 1 >= given) targets[at] = all[i + 1];
      }
    });
    device.write("judge_tokens", tokens);
    device.write("judge_targets", targets);
    device.run("judge");
    await reads.add({ start, rows: rows.length }, device.snapshot(["judge_loss"]));
    onBatch(start + rows.length);
    await breathe();
  }
  await reads.finish();
  return losses;
}
