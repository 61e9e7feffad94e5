/** Multiple choice: a model answers with the choice it finds likeliest. */

import type { Question } from "../data/question.ts";
import { type Continuation, encodeContinuation } from "./continuation_losses.ts";
import type { TrainedModel } from "./trained_model.ts";

/** What a model made of a question. */
export interface Answer {
  readonly id: string;
  readonly kind: string;
  readonly answer: number;
  /** The choice with the smallest loss; of equal ones the first. */
  readonly chosen: number;
  /** Nats of each choice: minus its summed log-probability after the prompt. */
  readonly losses: readonly number[];
}

/** Scores of a set of questions. */
export interface Score {
  /** The share of questions that are answered right. */
  readonly accuracy: number;
  /** The accuracy of answering at random. */
  readonly chance: number;
  readonly n: number;
  /** Standard error of the accuracy. */
  readonly stderr: number;
}

/**
 * What has to be judged: every choice of every question, in order, behind its prompt and a space.
 * Throws a RangeError for a choice that is longer than `seq`, the longest sequence of the model: its
 * loss could be that of its end only.
 */
export function encodeChoices(
  { tokenizer, seq }: Pick<TrainedModel, "tokenizer" | "seq">,
  questions: readonly Question[],
): readonly Continuation[] {
  return questions.flatMap(({ id, prompt, choices }) =>
    choices.map((choice, index) => {
      const continuation = encodeContinuation(tokenizer, prompt, ` ${choice}`);
      const length = continuation.tokens.length - continuation.given;
      if (length <= seq) return continuation;
      throw new RangeError(
        `Cannot judge question ${id}: choice ${index} has ${length} tokens, it should have at most ` +
          `${seq}, the length of the model's sequences`,
      );
    })
  );
}

/** How many questions have a prompt that does not fit before each choice, so that its beginning is cut. */
export function countCutPrompts(
  questions: readonly Question[],
  encoded: readonly Continuation[],
  seq: number,
): number {
  let at = 0;
  return questions.filter(({ choices }) =>
    encoded.slice(at, at += choices.length).some(({ tokens }) => tokens.length - 1 > seq)
  ).length;
}

/** The answers that follow from the losses of the choices, in the order of `encodeChoices`. */
export function chooseAnswers(
  questions: readonly Question[],
  losses: Float64Array,
): readonly Answer[] {
  let at = 0;
  return questions.map(({ id, kind, answer, choices }) => {
    const own = [...losses.subarray(at, at += choices.length)];
    return { id, kind, answer, chosen: own.indexOf(Math.min(...own)), losses: own };
  });
}

/** The score of answers; those of kinds are told apart if there are several. */
export function scoreAnswers(
  answers: readonly Answer[],
): Score & { readonly kinds?: Readonly<Record<string, Score>> } {
  const kinds = Map.groupBy(answers, ({ kind }) => kind);
  if (kinds.size < 2) return score(answers);
  const byKind = Object.fromEntries([...kinds].map(([kind, group]) => [kind, score(group)]));
  return { ...score(answers), kinds: byKind };
}

function score(answers: readonly Answer[]): Score {
  const n = answers.length;
  const right = answers.filter(({ answer, chosen }) => answer === chosen).length;
  const accuracy = right / n;
  const chance = answers.reduce((sum, { losses }) => sum + 1 / losses.length, 0) / n;
  // The sample's standard deviation over the root of n, as lm-evaluation-harness has it.
  const stderr = n > 1 ? Math.sqrt(accuracy * (1 - accuracy) / (n - 1)) : 0;
  return { accuracy, chance, n, stderr };
}
