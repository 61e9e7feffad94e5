import assert from "node:assert/strict";
import {
  type Continuation,
  continuationLosses,
} from "../../../pipelines/eval/continuation_losses.ts";
import { generateTexts } from "../../../pipelines/eval/generate_texts.ts";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import type { Compute } from "../../../pipelines/compile/stage_kind.ts";
import { type Evaluator, openEvaluator } from "../../../pipelines/eval/open_evaluator.ts";
import { assertNear } from "../../near.ts";
import { webgpuTest } from "../../webgpu_engine.ts";
import { CHARACTERS, toyModel } from "./_toy_model.ts";

const VOCAB = CHARACTERS.length + 1;
const SEQ = 8;

async function withEvaluator(
  name: "llama" | "gpt2",
  options: { engine?: Compute["engine"]; batch?: number; judged?: number; rows?: number },
  test: (evaluator: Evaluator) => Promise<void>,
) {
  const { engine = "wasm", batch = 3, judged = SEQ, rows = 2 } = options;
  const evaluator = await openEvaluator(await toyModel(name, SEQ), {
    compute: { engine, threads: 1, mesh: {} },
    batch,
    measured: SEQ,
    judged,
    rows,
    written: SEQ,
  });
  try {
    await test(evaluator);
  } finally {
    await evaluator.device.close();
  }
}

/** Nats of `token` after the others, from the logits of the program `next`. */
async function lossAfter({ device, next }: Evaluator, before: readonly number[], token: number) {
  const tokens = new Int32Array(next.batch * next.seq);
  tokens.set(before, next.seq);
  device.write("next_tokens", tokens);
  device.write("next_places", [0, next.seq + before.length - 1]);
  device.run("next");
  const logits = (await device.read("next_logits")).subarray(VOCAB);
  const total = Array.from(logits, Math.exp).reduce((sum, weight) => sum + weight, 0);
  return Math.log(total) - logits[token];
}

const continuations: readonly Continuation[] = [
  { tokens: [1, 2, 3], given: 1 },
  { tokens: [5, 0, 7, 7, 2, 1], given: 4 },
  { tokens: [8, 4], given: 1 },
  { tokens: [3, 3, 3, 3, 3, 3, 3, 3, 6], given: 8 },
  { tokens: [1, 2, 3], given: 2 },
];

for (const name of ["llama", "gpt2"] as const) {
  Deno.test(`continuationLosses() sums the losses of the given tokens' successors (${name})`, () =>
    withEvaluator(name, { engine: "reference" }, async (evaluator) => {
      const losses = await continuationLosses(evaluator, continuations);
      const expected: number[] = [];
      for (const { tokens, given } of continuations) {
        let sum = 0;
        for (let i = given; i < tokens.length; i++) {
          sum += await lossAfter(evaluator, tokens.slice(0, i), tokens[i]);
        }
        expected.push(sum);
      }
      assertNear(losses, expected, 1e-9, "losses");
      assert.ok(Math.max(...expected) - Math.min(...expected) > 1, `${expected}`);
    }));

  Deno.test(`continuationLosses() gives the same losses whatever the batch (${name})`, async () => {
    const found: Float64Array[] = [];
    for (const batch of [1, 2, 5, 16]) {
      await withEvaluator(name, { batch }, async (evaluator) => {
        found.push(await continuationLosses(evaluator, continuations));
      });
    }
    await withEvaluator(name, { batch: 4 }, async (evaluator) => {
      found.push((await continuationLosses(evaluator, continuations.toReversed())).toReversed());
    });
    for (const losses of found) assertNear(losses, found[0], 1e-6, "losses");
  });
}

webgpuTest(
  "continuationLosses() gives the losses of wasm on webgpu, also of many batches",
  async () => {
    const many = Array.from({ length: 4 }, () => continuations).flat();
    const found: Float64Array[] = [];
    for (const engine of ["wasm", "webgpu"] as const) {
      await withEvaluator("llama", { engine, batch: 1 }, async (evaluator) => {
        found.push(await continuationLosses(evaluator, many));
      });
    }
    assert.equal(found[1].length, 20);
    assertNear(found[1], found[0], 1e-5, "losses");
  },
);

Deno.test("continuationLosses() leaves out the beginning of a prompt that is too long, not of a text", () =>
  withEvaluator("llama", { engine: "reference" }, async (evaluator) => {
    const long = [1, 1, 1, ...continuations[3].tokens];
    const losses = await continuationLosses(evaluator, [
      { tokens: long, given: long.length - 1 },
      continuations[3],
      // All that is left of the prompt is its last token.
      { tokens: long, given: 4 },
      { tokens: long.slice(-SEQ - 1), given: 1 },
    ]);
    assert.equal(losses[0], losses[1]);
    assert.equal(losses[2], losses[3]);
    await assert.rejects(continuationLosses(evaluator, [{ tokens: long, given: 3 }]), {
      message: "Cannot judge a text of 9 tokens: at most 8 can be judged",
    });
  }));

for (const name of ["llama", "gpt2"] as const) {
  Deno.test(`openEvaluator() judges short texts with a short program, to the same result (${name})`, async () => {
    const found: Float64Array[] = [];
    for (const judged of [5, SEQ]) {
      await withEvaluator(name, { judged, engine: "reference" }, async (evaluator) => {
        assert.equal(evaluator.judge.seq, judged);
        found.push(await continuationLosses(evaluator, continuations.slice(0, 3)));
      });
    }
    assertNear(found[0], found[1], 1e-12, "losses");
  });
}

Deno.test("generateTexts() at temperature 0 writes the likeliest token, in a sliding window", () =>
  withEvaluator("llama", { engine: "reference" }, async (evaluator) => {
    const { tokenizer } = await toyModel("llama", SEQ);
    const options = { max_tokens: 12, temperature: 0, top_k: 0, seed: 1 };
    const prompts = ["ab", "", "gfedcba gfedcba", "c"];
    const samples = await generateTexts(evaluator, tokenizer, { ...options, prompts });
    for (const [index, { prompt, text, tokens, stopped }] of samples.entries()) {
      assert.equal(prompt, prompts[index]);
      const seen = prompt === "" ? [VOCAB - 1] : tokenizer.encode(prompt);
      const written = tokenizer.encode(text);
      assert.equal(written.length, tokens);
      for (let i = 0; i < 12; i++) {
        const window = [...seen, ...written.slice(0, i)].slice(-SEQ);
        const losses = [];
        for (let id = 0; id < VOCAB; id++) losses.push(await lossAfter(evaluator, window, id));
        const likeliest = losses.indexOf(Math.min(...losses));
        if (i === tokens) {
          assert.deepEqual([likeliest, stopped], [VOCAB - 1, "eos"]);
          break;
        }
        assert.equal(likeliest, written[i]);
      }
      if (tokens === 12) assert.equal(stopped, "length");
    }
  }));

Deno.test("generateTexts() writes no token beyond the tokenizer's, and nothing from logits that are NaN", () =>
  withEvaluator("gpt2", {}, async (evaluator) => {
    const { tokenizer } = await toyModel("gpt2", SEQ);
    const options = { prompts: ["a", "b"], max_tokens: 40, temperature: 5, top_k: 0, seed: 1 };
    const all = await generateTexts(evaluator, tokenizer, options);
    const few = await generateTexts(evaluator, { ...tokenizer, vocab: 3 }, options);
    const letters = (samples: typeof all) =>
      [...new Set(samples.map(({ text }) => text).join(""))].sort().join("");
    assert.ok(letters(all).length > 3, letters(all));
    assert.equal(letters(few), " ab");
    const [{ name, type }] = (await toyModel("gpt2", SEQ)).model(SEQ).parameters;
    evaluator.device.write(`param/${name}`, new Float32Array(sizeOf(type)).fill(NaN));
    await assert.rejects(generateTexts(evaluator, tokenizer, options), {
      message: 'Cannot go on with "a": a logit is NaN',
    });
  }));

Deno.test("generateTexts() draws for every prompt alike, whatever is written beside it", () =>
  withEvaluator("gpt2", { rows: 2 }, async (evaluator) => {
    const { tokenizer } = await toyModel("gpt2", SEQ);
    const options = { max_tokens: 20, temperature: 1, top_k: 0, seed: 7 };
    const write = async (...prompts: string[]) =>
      (await generateTexts(evaluator, tokenizer, { ...options, prompts })).map(({ text }) => text);
    const all = await write("a", "a", "b", "c");
    assert.notEqual(all[0], all[1]);
    assert.deepEqual(await write("a", "a"), all.slice(0, 2));
    assert.deepEqual(await write("a", "c", "b"), [all[0], (await write("b", "c"))[1], all[2]]);
    const other = await generateTexts(evaluator, tokenizer, {
      ...options,
      seed: 8,
      prompts: ["a"],
    });
    assert.notEqual(other[0].text, all[0]);
  }));
