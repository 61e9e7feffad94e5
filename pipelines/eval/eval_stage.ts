/** The `eval` stage: measures trained models. */

import { basename, join } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import type { Metrics, StageContext, StageKind } from "../compile/stage_kind.ts";
import { openTokens } from "../data/open_tokens.ts";
import type { Question } from "../data/question.ts";
import type { EvalConfig } from "../schema/definitions.ts";
import { breathe } from "../train/breathe.ts";
import { heldOutLoss } from "../train/held_out_loss.ts";
import { generateTexts, type Sample } from "./generate_texts.ts";
import { readQuestions } from "./read_questions.ts";
import { type Answer, answerQuestions, scoreAnswers } from "./score_questions.ts";
import { openTrainedModel, type TrainedModel } from "./trained_model.ts";

type Context = StageContext<EvalConfig>;

/** Questions with the name of their file: the task's. */
interface Task {
  readonly name: string;
  readonly questions: readonly Question[];
}

/** Texts that are generated at once. */
const MAX_ROWS = 8;

/**
 * Writes `results.json`, `answers.jsonl` (an answer of a model to a question per line) and
 * `samples.jsonl`.
 *
 * Metrics, also in results.json: for each model {loss, perplexity, bits_per_byte, tasks: {TASK:
 * {accuracy, chance, n, stderr, kinds}}}. Loss: nats per token over the whole held-out split; bits per
 * byte: those of all its tokens by the bytes of its texts.
 */
export const evalStage: StageKind<EvalConfig> = {
  kind: "eval",
  sources: [
    "graph",
    "kernels",
    "runtime",
    "pipelines/blocks",
    "pipelines/compile",
    "pipelines/data",
    "pipelines/eval",
    "pipelines/model",
    "pipelines/train",
  ],
  computes: true,
  async run(context) {
    const { config, dir } = context;
    const task = await readTask(context);
    const results: Record<string, Metrics> = {};
    const answers: (Answer & { readonly model: string })[] = [];
    const samples: Sample[] = [];
    for (const name of config.models) {
      const rows = Math.min(MAX_ROWS, config.generate?.prompts.length ?? 1);
      const model = await openTrainedModel(context, name, { rows });
      try {
        const losses = await measureLoss(context, model);
        const own = task === undefined ? [] : await answerTask(context, model, task);
        const tasks = task === undefined ? {} : { tasks: { [task.name]: scoreAnswers(own) } };
        answers.push(...own.map((answer) => ({ model: name, ...answer })));
        samples.push(...await writeSamples(context, model));
        results[name] = { ...losses, ...tasks };
      } finally {
        await model.close();
      }
    }
    await writeFileAtomic(join(dir, "results.json"), JSON.stringify(results, null, 2) + "\n");
    if (task !== undefined) await writeLines(join(dir, "answers.jsonl"), answers);
    if (config.generate !== undefined) await writeLines(join(dir, "samples.jsonl"), samples);
    return results;
  },
};

async function readTask({ config: { questions }, input }: Context): Promise<Task | undefined> {
  if (questions === undefined) return undefined;
  const path = typeof questions === "string"
    ? join(input(questions).dir, "questions.jsonl")
    : questions.path;
  return { name: basename(path).replace(/\..*$/, ""), questions: await readQuestions(path) };
}

async function measureLoss(
  { config, input, progress, signal }: Context,
  { name, device, tokenizerText, batch, seq }: TrainedModel,
): Promise<Metrics> {
  if (config.data === undefined) return {};
  const { dir } = input(config.data);
  if (await Deno.readTextFile(join(dir, "tokenizer.json")) !== tokenizerText) {
    throw new Error(
      `Cannot measure the loss of ${name} on ${config.data}: the model was trained with another ` +
        `tokenizer, data should be a stage with the same`,
    );
  }
  const tokens = await openTokens(dir);
  try {
    const { tokens: count, bytes } = tokens.stats.held_out;
    const read = (position: number, target: Int32Array) =>
      tokens.read("held_out", position, target);
    const loss = await heldOutLoss(
      device,
      { tokens: count, read },
      { batch, seq },
      async (done) => {
        await breathe();
        signal.throwIfAborted();
        progress.update(done, count, "tokens", `${name}: held-out loss`);
      },
    );
    if (loss === undefined) {
      throw new Error(
        `Cannot measure the loss of ${name} on ${config.data}: nothing is held out there, ` +
          `held_out.share should be larger`,
      );
    }
    const bits = loss * (count - 1) / Math.LN2;
    return { loss, perplexity: Math.exp(loss), bits_per_byte: bits / bytes };
  } finally {
    tokens.close();
  }
}

function answerTask(
  { progress, signal }: Context,
  model: TrainedModel,
  { name, questions }: Task,
): Promise<readonly Answer[]> {
  return answerQuestions(model, questions, (done, total) => {
    signal.throwIfAborted();
    progress.update(done, total, "choices", `${model.name}: ${name}`);
  });
}

async function writeSamples(
  { config: { generate }, seed, progress, signal }: Context,
  model: TrainedModel,
): Promise<readonly Sample[]> {
  if (generate === undefined) return [];
  return await generateTexts(model, { seed, ...generate }, (done, total) => {
    signal.throwIfAborted();
    progress.update(done, total, "tokens", `${model.name}: writing`);
  });
}

async function writeLines(path: string, values: readonly unknown[]) {
  await writeFileAtomic(path, values.map((value) => JSON.stringify(value) + "\n").join(""));
}
