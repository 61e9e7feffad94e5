/** Multiple choice: the model answers with the choice it finds likeliest. */

import type { Question } from "../data/question.ts";
import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import { continuationLosses, encodeContinuation, type Judge } from "./continuation_losses.ts";

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

/** Answers all questions. A choice stands behind its prompt, after a space. */
export async function answerQuestions(
  judge: Judge & { readonly tokenizer: Tokenizer },
  questions: readonly Question[],
  onBatch: (done: number, total: number) => void = () => {},
): Promise<readonly Answer[]> {
  const continuations = questions.flatMap(({ prompt, choices }) =>
    choices.map((choice) => encodeContinuation(judge.tokenizer, prompt, ` ${choice}`))
  );
  const losses = await continuationLosses(
    judge,
    continuations,
    (done) => onBatch(done, continuations.length),
  );
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
  const kinds = new Map<string, Answer[]>();
  for (const answer of answers) {
    const group = kinds.get(answer.kind);
    if (group === undefined) kinds.set(answer.kind, [answer]);
    else group.push(answer);
  }
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
