import assert from "node:assert/strict";
import {
  formatProblem,
  formatProblems,
  frame,
  inOrder,
  PipelineError,
  problemAt,
} from "../../../pipelines/schema/problem.ts";

const file = { name: "f.yaml", folder: "/", flag: false };
const flag = { name: "--set a.b", folder: "/", flag: true };
const at = (line: number, column: number, message: string) =>
  problemAt({ source: file, line, column }, "code", message);

Deno.test("formatProblem() says where, what is, what should be and what may be meant", () => {
  const more = { expected: "one of a, b", suggestion: "a" };
  const problem = problemAt({ source: file, line: 3, column: 7 }, "code", "x is y", more);
  assert.equal(
    formatProblem(problem),
    'f.yaml:3:7: x is y, expected one of a, b, did you mean "a"?',
  );
  assert.deepEqual(problem, {
    file: "f.yaml",
    line: 3,
    column: 7,
    code: "code",
    message: "x is y",
    ...more,
  });
});

Deno.test("formatProblem() names the flag instead of a line", () => {
  const problem = problemAt({ source: flag, line: 1, column: 5 }, "code", "x is y");
  assert.equal(formatProblem(problem), "--set a.b: x is y");
  assert.deepEqual([problem.line, problem.column], [0, 0]);
});

Deno.test("formatProblems() shows twenty and counts the rest", () => {
  const many = Array.from({ length: 23 }, (_, i) => at(i + 1, 1, "wrong"));
  const lines = formatProblems(many).split("\n");
  assert.equal(lines.length, 21);
  assert.equal(lines[19], "f.yaml:20:1: wrong");
  assert.equal(lines[20], "... and 3 more");
});

Deno.test("inOrder() sorts by file, line and column, flags last, and drops repetitions", () => {
  const other = { ...at(1, 1, "other"), file: "base.yaml" };
  const set = problemAt({ source: flag, line: 1, column: 1 }, "code", "set");
  const found = inOrder([set, other, at(9, 1, "c"), at(2, 8, "b"), at(2, 3, "a"), at(2, 8, "d")], [
    "f.yaml",
    "base.yaml",
  ]);
  assert.deepEqual(found.map(({ message }) => message), ["a", "b", "c", "other", "set"]);
});

Deno.test("PipelineError has the problems and a message that is ready to print", () => {
  const error = new PipelineError([at(1, 2, "a"), at(3, 4, "b")]);
  assert.equal(error.message, "f.yaml:1:2: a\nf.yaml:3:4: b");
  assert.equal(error.problems.length, 2);
});

Deno.test("frame() shows the line with its neighbours and marks the column", () => {
  const text = "one\ntwo three\r\nfour\nfive";
  assert.equal(frame(at(2, 5, ""), text), "1 | one\n2 | two three\n  |     ^\n3 | four");
  assert.equal(frame(at(1, 1, ""), text), "1 | one\n  | ^\n2 | two three");
  assert.equal(frame(problemAt({ source: flag, line: 1, column: 1 }, "code", ""), text), "");
});
