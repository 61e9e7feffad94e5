/** Multiple choice: a model answers with the choice it finds likeliest. */

import type { Question } from "../data/question.ts";
import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import { type Continuation, encodeContinuation } from "./continuation_losses.ts";

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

/** What has to be judged: every choice of every question, in order, behind its prompt and a space. */
export function encodeChoices(
  tokenizer: Tokenizer,
  questions: readonly Question[],
): readonly Continuation[] {
  return questions.flatMap(({ prompt, choices }) =>
    choices.map((choice) => encodeContinuation(tokenizer, prompt, ` ${choice}`))
  );
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
