/** Lets a model go on with texts. */

import { createRandom, deriveSeed } from "../compile/random.ts";
import { breathe } from "../train/breathe.ts";
import { sampleToken, type Sampling } from "./sample_token.ts";
import type { TrainedModel } from "./trained_model.ts";

/** A text that a model went on with: a line of `samples.jsonl`. */
export interface Sample {
  readonly model: string;
  readonly prompt: string;
  /** What the model wrote, without the prompt. */
  readonly text: string;
  /** Length of that in tokens. */
  readonly tokens: number;
  /** `eos`: the model ended the text itself; `length`: it was stopped. */
  readonly stopped: "eos" | "length";
}

/** What to write. */
export interface Generation extends Sampling {
  readonly prompts: readonly string[];
  readonly max_tokens: number;
  /** Every prompt draws from a stream of its own, made of this and its place in the list. */
  readonly seed: number;
}

/**
 * Writes a text for every prompt, `rows` of them at once. The model sees at most its last `seq` tokens.
 * A prompt without tokens is replaced by the token that ends a document.
 */
export async function generateTexts(
  model: TrainedModel,
  { prompts, max_tokens, seed, ...sampling }: Generation,
  onToken: (done: number, total: number) => void = () => {},
): Promise<readonly Sample[]> {
  const { device, tokenizer, rows, seq } = model;
  const texts = prompts.map((prompt, index) => ({
    tokens: startOf(model, prompt),
    written: [] as number[],
    ended: false,
    random: createRandom(deriveSeed(seed, "prompt", index)),
  }));
  const tokens = new Int32Array(rows * seq);
  const positions = new Int32Array(rows);
  for (let start = 0; start < texts.length; start += rows) {
    const group = texts.slice(start, start + rows);
    for (let count = 0; count < max_tokens && group.some(({ ended }) => !ended); count++) {
      group.forEach((text, row) => {
        const seen = [...text.tokens, ...text.written].slice(-seq);
        tokens.set(seen, row * seq);
        positions[row] = row * seq + seen.length - 1;
      });
      device.write("next_tokens", tokens);
      device.write("next_rows", positions);
      device.run("next");
      const logits = await device.read("next_logits");
      group.forEach((text, row) => {
        if (text.ended) return;
        const { vocab } = tokenizer;
        const own = logits.subarray(row * vocab, (row + 1) * vocab);
        const token = sampleToken(own, sampling, text.random);
        if (token === tokenizer.eos) text.ended = true;
        else text.written.push(token);
      });
      onToken(start * max_tokens + count * group.length, texts.length * max_tokens);
      await breathe();
    }
  }
  return texts.map(({ written, ended }, index) => ({
    model: model.name,
    prompt: prompts[index],
    text: tokenizer.decode(written),
    tokens: written.length,
    stopped: ended ? "eos" : "length",
  }));
}

function startOf({ tokenizer: { encode, eos } }: TrainedModel, prompt: string): readonly number[] {
  const tokens = encode(prompt);
  if (tokens.length > 0) return tokens;
  if (eos === undefined) {
    throw new Error("Cannot go on with an empty prompt: the tokenizer has no end of text");
  }
  return [eos];
}
