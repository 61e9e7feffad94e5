/** What is wrong with a user's pipeline, and where. */

import type { Place } from "./tree.ts";

/** One thing that a user has to change. */
export interface Problem {
  /** The file as shown to people, or `--set PATH`. */
  readonly file: string;
  /** From 1; 0 for a flag. */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 for a flag. */
  readonly column: number;
  /** A stable word for programs: `unknown-key`, `wrong-type`, `missing-file`, ... */
  readonly code: string;
  /** What is: `unknown key "stpes" in stages.train`. */
  readonly message: string;
  /** What should be: `an integer of 1 or more`. */
  readonly expected?: string;
  /** The nearest correct word. */
  readonly suggestion?: string;
}

/** How many problems are shown at once. */
export const maxProblems = 20;

/**
 * How many problems of a kind are given suggestions: far more than are shown, and few enough that a
 * file of nothing but mistakes is refused quickly.
 */
export const maxSuggested = 100;

/** Thrown for everything that is a user's to mend; its message is ready to print. */
export class PipelineError extends Error {
  /** Tells it from other errors. */
  override readonly name = "PipelineError";
  /** In the order of the file. */
  readonly problems: readonly Problem[];

  /** From at least one problem. */
  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** `file:line:column`, or `--set PATH`. */
export function formatPlace(place: Place): string {
  const { source, line, column } = place;
  return source.flag ? source.name : `${source.name}:${line}:${column}`;
}

/** A problem at a place. */
export function problemAt(
  place: Place,
  code: string,
  message: string,
  more: { readonly expected?: string | undefined; readonly suggestion?: string | undefined } = {},
): Problem {
  const { source } = place;
  return {
    file: source.name,
    line: source.flag ? 0 : place.line,
    column: source.flag ? 0 : place.column,
    code,
    message,
    ...(more.expected === undefined ? {} : { expected: more.expected }),
    ...(more.suggestion === undefined ? {} : { suggestion: more.suggestion }),
  };
}

/** `file:line:column: message, expected ..., did you mean "..."?` */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message, expected, suggestion } = problem;
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place}: ${message}` + (expected === undefined ? "" : `, expected ${expected}`) +
    (suggestion === undefined ? "" : `, did you mean "${suggestion}"?`);
}

/** One line per problem, at most `maxProblems`. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, maxProblems).map(formatProblem);
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`... and ${more} more`] : [])].join("\n");
}

/** The line of a problem with its neighbours and a mark under the column; empty for a flag. */
export function frame(problem: Problem, text: string): string {
  if (problem.line === 0) return "";
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, problem.line - 1);
  const width = String(problem.line + 1).length;
  const shown: string[] = [];
  for (let line = first; line <= Math.min(lines.length, problem.line + 1); line++) {
    const content = lines[line - 1].slice(0, 200);
    shown.push(`${String(line).padStart(width)} | ${content}`.trimEnd());
    if (line === problem.line) {
      shown.push(`${" ".repeat(width)} | ${" ".repeat(problem.column - 1)}^`);
    }
  }
  return shown.join("\n");
}

/**
 * Problems in the order of the file, one of a code per place: where several meet (two models that
 * extend a wrong one), the first one given. Files come in the order of `files`, flags last.
 */
export function inOrder(problems: readonly Problem[], files: readonly string[] = []): Problem[] {
  const rank = (problem: Problem) => {
    const index = files.indexOf(problem.file);
    return problem.line === 0 ? files.length + 1 : index < 0 ? files.length : index;
  };
  const seen = new Set<string>();
  const distinct = problems.filter((problem) => {
    const place = problem.line === 0
      ? `${problem.file} ${problem.message}`
      : `${problem.file}:${problem.line}:${problem.column} ${problem.code}`;
    return !seen.has(place) && seen.add(place);
  });
  return distinct.sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}
