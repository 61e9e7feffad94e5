/** A multiple-choice question: a line of `questions.jsonl`. */

/** A prompt, and texts of which one is the right continuation after a space. */
export interface Question {
  readonly id: string;
  readonly prompt: string;
  readonly choices: readonly string[];
  /** The index of the right choice. */
  readonly answer: number;
  /** What sort of question it is; scores are also told by kind. */
  readonly kind: string;
}
