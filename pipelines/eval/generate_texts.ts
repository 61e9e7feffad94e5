/** Lets a model go on with texts. */

import { createRandom, deriveSeed } from "../compile/random.ts";
import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import { breathe } from "../train/breathe.ts";
import type { Evaluator } from "./open_evaluator.ts";
import { sampleToken, type Sampling } from "./sample_token.ts";

/** A text that a model went on with. */
export interface Sample {
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

/** The tokens of a prompt; those of an empty one are the token that ends a document. */
export function encodePrompt({ encode, eos }: Tokenizer, prompt: string): readonly number[] {
  const tokens = encode(prompt);
  if (tokens.length > 0) return tokens;
  if (eos === undefined) {
    throw new Error("Cannot go on with an empty prompt: the tokenizer has no end of text");
  }
  return [eos];
}

/**
 * Writes a text for every prompt, several of them at once. The model sees at most the last `seq`
 * tokens of its program, and writes tokens that the tokenizer has, however large its own
 * vocabulary. Throws an Error where it predicts nothing: a logit is not finite.
 */
export async function generateTexts(
  { device, next: { batch, seq } }: Pick<Evaluator, "device" | "next">,
  tokenizer: Tokenizer,
  { prompts, max_tokens, seed, ...sampling }: Generation,
  onToken: (done: number, total: number) => void = () => {},
): Promise<readonly Sample[]> {
  const texts = prompts.map((prompt, index) => ({
    prompt,
    tokens: encodePrompt(tokenizer, prompt),
    written: [] as number[],
    ended: false,
    random: createRandom(deriveSeed(seed, "prompt", index)),
  }));
  const tokens = new Int32Array(batch * seq);
  const places = new Int32Array(batch);
  for (let start = 0; start < texts.length; start += batch) {
    const group = texts.slice(start, start + batch);
    for (let count = 0; count < max_tokens && group.some(({ ended }) => !ended); count++) {
      group.forEach((text, row) => {
        const seen = [...text.tokens, ...text.written].slice(-seq);
        tokens.set(seen, row * seq);
        places[row] = row * seq + seen.length - 1;
      });
      device.write("next_tokens", tokens);
      device.write("next_places", places);
      device.run("next");
      const logits = await device.read("next_logits");
      const vocab = logits.length / batch;
      group.forEach((text, row) => {
        if (text.ended) return;
        const own = logits.subarray(row * vocab, row * vocab + Math.min(vocab, tokenizer.vocab));
        const wrong = own.find((logit) => !Number.isFinite(logit));
        if (wrong !== undefined) {
          throw new Error(`Cannot go on with ${JSON.stringify(text.prompt)}: a logit is ${wrong}`);
        }
        const token = sampleToken(own, sampling, text.random);
        if (token === tokenizer.eos) text.ended = true;
        else text.written.push(token);
      });
      onToken(start * max_tokens + (count + 1) * group.length, texts.length * max_tokens);
      await breathe();
    }
  }
  return texts.map(({ prompt, written, ended }) => ({
    prompt,
    text: tokenizer.decode(written),
    tokens: written.length,
    stopped: ended ? "eos" : "length",
  }));
}
