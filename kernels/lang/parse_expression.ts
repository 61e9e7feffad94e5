/** Parses expressions: arithmetic, comparisons, bit operators, calls. */

import { BINARY_OPERATORS, children, type Expression } from "./expression.ts";
import { PROGRAM_FUNCTIONS, SCALAR_FUNCTIONS } from "./functions.ts";
import { didYouMean } from "./_nearest.ts";
import { describeToken, type TokenCursor, tokenCursor } from "./token_cursor.ts";
import type { Token } from "./tokenize_expression.ts";

/** Names of constants; those of JavaScript so that numbers put into a text are read back. */
const CONSTANTS: Readonly<Record<string, number>> = {
  inf: Infinity,
  nan: NaN,
  pi: Math.PI,
  Infinity: Infinity,
  NaN: NaN,
};

/** Most operators and calls around a value: what works on trees calls itself for each. */
const MOST_DEPTH = 1000;

/**
 * Parses one expression on scalars, such as `silu(gate) * up`. Throws an `ExpressionError` with the
 * offset of what is wrong; functions that only kernel programs have are refused.
 *
 * Operators from loose to tight: comparisons (they do not chain), `|`, `^`, `&`, shifts, `+ -`,
 * `* / %`, then unary `-` and `!`. `inf`, `nan` and `pi` are constants.
 */
export function parseExpression(text: string): Expression {
  const cursor = tokenCursor(text.replaceAll("\n", " "), Object.keys(SCALAR_FUNCTIONS));
  const expression = parseFrom(cursor);
  if (cursor.peek().kind !== "end") cursor.fail(`unexpected ${describeToken(cursor.peek())}`);
  const depth = depthOf(expression);
  if (depth > MOST_DEPTH) cursor.fail(`${depth} levels of operators, at most ${MOST_DEPTH}`, 0);
  return expression;
}

/** The number of operators and calls around the innermost value. */
function depthOf(expression: Expression): number {
  let depth = 0;
  let level: readonly Expression[] = [expression];
  while (level.length > 0) {
    level = level.flatMap(children);
    depth++;
  }
  return depth;
}

/** Parses an expression and leaves the cursor behind it. */
export function parseFrom(cursor: TokenCursor, level = 0): Expression {
  if (level === BINARY_OPERATORS.length) return parseUnary(cursor);
  let left = parseFrom(cursor, level + 1);
  for (let count = 0;; count++) {
    const token = cursor.peek();
    const operator = BINARY_OPERATORS[level].find((op) => op === token.text);
    if (operator === undefined) return left;
    if (level === 0 && count > 0) cursor.fail("comparisons do not chain, use parentheses and &");
    cursor.take();
    const right = parseFrom(cursor, level + 1);
    left = { kind: "binary", operator, left, right, at: token.at };
  }
}

function parseUnary(cursor: TokenCursor): Expression {
  const { at } = cursor.peek();
  if (cursor.accept("-")) {
    const argument = cursor.nested(() => parseUnary(cursor));
    return argument.kind === "number"
      ? { ...argument, value: -argument.value, at }
      : { kind: "unary", operator: "-", argument, at };
  }
  if (cursor.accept("!")) {
    return { kind: "unary", operator: "!", argument: cursor.nested(() => parseUnary(cursor)), at };
  }
  return parsePrimary(cursor);
}

function parsePrimary(cursor: TokenCursor): Expression {
  const token = cursor.take();
  if (token.kind === "number") return { kind: "number", value: Number(token.text), at: token.at };
  if (token.kind === "name") {
    if (cursor.accept("(")) return parseCall(cursor, token);
    return Object.hasOwn(CONSTANTS, token.text)
      ? { kind: "number", value: CONSTANTS[token.text], at: token.at }
      : { kind: "name", name: token.text, at: token.at };
  }
  if (token.text === "(") {
    const expression = cursor.nested(() => parseFrom(cursor));
    cursor.expect(")");
    return expression;
  }
  return cursor.fail(`expected a value, got ${describeToken(token)}`, token.at);
}

function parseCall(cursor: TokenCursor, { text: name, at }: Token): Expression {
  if (!cursor.functions.includes(name)) {
    cursor.fail(`unknown function "${name}"${didYouMean(name, cursor.functions)}`, at);
  }
  const args: Expression[] = [];
  const named: [string, Expression][] = [];
  while (!cursor.accept(")")) {
    if (args.length + named.length > 0) cursor.expect(",");
    const key = cursor.peek();
    if (key.kind === "name" && cursor.peek(1).text === "=") {
      if (name !== "at") cursor.fail(`${name} takes no named arguments`);
      cursor.take();
      cursor.take();
      named.push([key.text, cursor.nested(() => parseFrom(cursor))]);
    } else args.push(cursor.nested(() => parseFrom(cursor)));
  }
  const arity = SCALAR_FUNCTIONS[name]?.parameters.length ?? PROGRAM_FUNCTIONS[name].args;
  if (args.length !== arity) {
    cursor.fail(
      `${name} takes ${arity === 1 ? "1 argument" : `${arity} arguments`}, got ${args.length}`,
      at,
    );
  }
  return { kind: "call", name, args, named, at };
}
