/** Reads multiple-choice questions from a .jsonl file. */

import { DataError } from "../data/data_error.ts";
import type { Question } from "../data/question.ts";
import { readBytes } from "../data/read_bytes.ts";
import { readLines } from "../data/read_lines.ts";
import { readJsonl } from "../data/read_records.ts";
import { refuseUtf16 } from "../data/refuse_utf16.ts";

/**
 * The questions of a file: objects {id, prompt, choices, answer, kind} with two choices or more;
 * without an `id` or a `kind`, the line and the word `question` stand in. Throws a `DataError` with
 * the line of what is wrong.
 */
export async function readQuestions(path: string): Promise<readonly Question[]> {
  const questions: Question[] = [];
  const lines = readLines(refuseUtf16(path, readBytes(path)));
  for await (const { line, fields, problem } of readJsonl(lines)) {
    const fail = (detail: string): never => {
      throw new DataError({ file: path, line }, `Cannot read the question: ${detail}`);
    };
    if (fields === undefined) return fail(problem ?? "");
    const { id = String(line), prompt, choices, answer, kind = "question" } = fields;
    if (typeof prompt !== "string") fail(`prompt is ${show(prompt)}, should be a text`);
    if (!isTexts(choices) || choices.length < 2) {
      return fail(`choices is ${show(choices)}, should be a list of two or more texts`);
    }
    if (!Number.isInteger(answer) || Number(answer) < 0 || Number(answer) >= choices.length) {
      fail(`answer is ${show(answer)}, should be a number from 0 to ${choices.length - 1}`);
    }
    if (choices.includes("")) fail("a choice is empty");
    questions.push({
      id: String(id),
      prompt: String(prompt),
      choices,
      answer: Number(answer),
      kind: String(kind),
    });
  }
  if (questions.length === 0) {
    throw new DataError({ file: path }, "Cannot read the questions: the file has none");
  }
  return questions;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function show(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 100);
}
