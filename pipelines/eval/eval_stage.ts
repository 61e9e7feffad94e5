/** The `eval` stage: measures trained models. */

import { basename, join } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import type { Metrics, StageContext, StageKind } from "../compile/stage_kind.ts";
import { openTokens } from "../data/open_tokens.ts";
import type { Question } from "../data/question.ts";
import { tokenizerDifference } from "../data/tokenizer/tokenizer_difference.ts";
import type { EvalConfig } from "../schema/definitions.ts";
import { breathe } from "../train/breathe.ts";
import { heldOutLoss } from "../train/held_out_loss.ts";
import { continuationLosses } from "./continuation_losses.ts";
import { encodePrompt, generateTexts, type Sample } from "./generate_texts.ts";
import { type Evaluator, openEvaluator } from "./open_evaluator.ts";
import { readQuestions } from "./read_questions.ts";
import {
  type Answer,
  chooseAnswers,
  countCutPrompts,
  encodeChoices,
  scoreAnswers,
} from "./score_questions.ts";
import { readTrainedModel, type TrainedModel } from "./trained_model.ts";

type Context = StageContext<EvalConfig>;

/** Questions with the name of their file: the task's. */
interface Task {
  readonly name: string;
  readonly questions: readonly Question[];
}

/** With the model it comes from: a line of answers.jsonl or samples.jsonl. */
type OfModel<T> = T & { readonly model: string };

/** Texts that are generated at once. */
const MAX_ROWS = 8;
/** Programs for texts are as long as a multiple of this. */
const LENGTH_STEP = 16;

/**
 * Writes `results.json`, `answers.jsonl` (an answer of a model to a question per line) and
 * `samples.jsonl`.
 *
 * Metrics, also in results.json: for each model {loss, perplexity, bits_per_byte, tasks: {TASK:
 * {accuracy, chance, n, stderr, kinds, cut_prompts}}}. Loss: nats per token over the whole held-out
 * split; bits per byte: those of all its tokens by the bytes of its texts. Cut prompts: questions
 * whose prompts are too long for the model and lose their beginning, if there are any. A perplexity
 * too large for a number is left out; a loss that is not finite is an error.
 */
export const evalStage: StageKind<EvalConfig> = {
  kind: "eval",
  sources: [
    "pipelines/eval/eval_stage.ts",
    "pipelines/compile/stage_models.ts",
    "pipelines/model/hugging_face/read_folder.ts",
  ],
  computes: true,
  async run(context) {
    const { config, dir } = context;
    const task = await readTask(context);
    const results: Record<string, Metrics> = {};
    const answers: OfModel<Answer>[] = [];
    const samples: OfModel<Sample>[] = [];
    for (const name of config.models) {
      const found = await measure(context, name, task);
      results[name] = found.metrics;
      answers.push(...found.answers.map((answer) => ({ model: name, ...answer })));
      samples.push(...found.samples.map((sample) => ({ model: name, ...sample })));
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

async function measure(
  context: Context,
  name: string,
  task: Task | undefined,
): Promise<{ metrics: Metrics; answers: readonly Answer[]; samples: readonly Sample[] }> {
  const { config: { generate }, compute, seed, progress, signal } = context;
  const trained = await readTrainedModel(context, name);
  const { tokenizer } = trained;
  const { questions } = task ?? { questions: [] };
  const choices = encodeChoices(trained, questions);
  const prompts = generate?.prompts.map((prompt) => encodePrompt(tokenizer, prompt).length) ?? [];
  const evaluator = await openEvaluator(trained, {
    compute,
    measured: await dataLength(context, trained),
    judged: rounded(choices.reduce((most, { tokens }) => Math.max(most, tokens.length - 1), 1)),
    written: rounded(Math.max(1, ...prompts) + (generate?.max_tokens ?? 0)),
    rows: Math.max(1, Math.min(MAX_ROWS, prompts.length)),
  });
  try {
    const losses = await measureLoss(context, trained, evaluator);
    const found = await continuationLosses(evaluator, choices, (done) => {
      signal.throwIfAborted();
      progress.update(done, choices.length, "choices", `${name}: ${task?.name}`);
    });
    const answers = chooseAnswers(questions, found);
    for (const { id, losses } of answers) {
      const wrong = losses.find((loss) => !Number.isFinite(loss));
      if (wrong === undefined) continue;
      throw new Error(`Cannot ask ${name} question ${id}: the loss of a choice is ${wrong}`);
    }
    const samples = generate === undefined
      ? []
      : await generateTexts(evaluator, tokenizer, { seed, ...generate }, (done, total) => {
        signal.throwIfAborted();
        progress.update(done, total, "tokens", `${name}: writing`);
      });
    const cut = countCutPrompts(questions, choices, trained.seq);
    const cutPrompts = cut === 0 ? {} : { cut_prompts: cut };
    const tasks = task === undefined
      ? {}
      : { tasks: { [task.name]: { ...scoreAnswers(answers), ...cutPrompts } } };
    return { metrics: { ...losses, ...tasks }, answers, samples };
  } finally {
    await evaluator.device.close();
  }
}

/** The length of a program for texts: those of different models differ by a few tokens. */
function rounded(length: number): number {
  return Math.ceil(length / LENGTH_STEP) * LENGTH_STEP;
}

/**
 * How long the sequences of the held-out loss are: those of the data, as in training, and so for
 * every model alike. Throws an Error for a model that sequences of this length do not fit.
 */
async function dataLength(
  { config: { data }, input }: Context,
  { name, seq, fixed }: TrainedModel,
): Promise<number> {
  if (data === undefined) return 1;
  const { stats, close } = await openTokens(input(data).dir);
  close();
  if (stats.seq === seq || stats.seq < seq && !fixed) return stats.seq;
  throw new Error(
    `Cannot measure the loss of ${name} on ${data}: its sequences have ${stats.seq} tokens, ` +
      `expected ${fixed ? "" : "at most "}${seq}, as the model has`,
  );
}

async function measureLoss(
  { config, input, progress, signal }: Context,
  { name, tokenizerJson }: TrainedModel,
  { device, evaluate }: Evaluator,
): Promise<Metrics> {
  if (config.data === undefined) return {};
  const { dir } = input(config.data);
  const json = JSON.parse(await Deno.readTextFile(join(dir, "tokenizer.json")));
  const parts = tokenizerDifference(json, tokenizerJson);
  if (parts.length > 0) {
    throw new Error(
      `Cannot measure the loss of ${name} on ${config.data}: the model was trained with another ` +
        `tokenizer (${parts.join(", ")}), data should be a stage with the same`,
    );
  }
  const tokens = await openTokens(dir);
  try {
    const { tokens: count, bytes } = tokens.stats.held_out;
    const read = (position: number, target: Int32Array) =>
      tokens.read("held_out", position, target);
    const loss = await heldOutLoss(device, { tokens: count, read }, evaluate, async (done) => {
      await breathe();
      signal.throwIfAborted();
      progress.update(done, count, "tokens", `${name}: held-out loss`);
    });
    if (loss === undefined) {
      throw new Error(
        `Cannot measure the loss of ${name} on ${config.data}: nothing is held out there, ` +
          `held_out.share should be larger`,
      );
    }
    if (!Number.isFinite(loss)) {
      throw new Error(`Cannot measure the loss of ${name} on ${config.data}: it is ${loss}`);
    }
    const perplexity = Math.exp(loss);
    const bits = loss * (count - 1) / Math.LN2;
    return {
      loss,
      ...(Number.isFinite(perplexity) ? { perplexity } : {}),
      bits_per_byte: bits / bytes,
    };
  } finally {
    tokens.close();
  }
}

async function writeLines(path: string, values: readonly unknown[]) {
  await writeFileAtomic(path, values.map((value) => JSON.stringify(value) + "\n").join(""));
}
