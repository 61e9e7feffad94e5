/** Parses the text of kernel programs: lines `name = expression`. */

import type { Expression } from "./expression.ts";
import { PROGRAM_FUNCTIONS, SCALAR_FUNCTIONS } from "./functions.ts";
import { parseFrom } from "./parse_expression.ts";
import { describeToken, tokenCursor } from "./token_cursor.ts";

/** One line of a program. */
export interface Statement {
  readonly name: string;
  readonly value: Expression;
  /** Offset of the name in the text. */
  readonly at: number;
}

const FUNCTIONS = [...Object.keys(SCALAR_FUNCTIONS), ...Object.keys(PROGRAM_FUNCTIONS)];

/**
 * Parses a program. Lines are `name = expression`; `#` starts a comment, blank lines are skipped, an
 * expression in parentheses may span lines. Throws an `ExpressionError` with the place of a mistake.
 */
export function parseProgram(text: string): Statement[] {
  const cursor = tokenCursor(text, FUNCTIONS);
  const statements: Statement[] = [];
  while (cursor.peek().kind !== "end") {
    const token = cursor.take();
    if (token.kind === "newline") continue;
    if (token.kind !== "name") {
      cursor.fail(`expected a line "name = expression", got ${describeToken(token)}`, token.at);
    }
    cursor.expect("=");
    statements.push({ name: token.text, value: parseFrom(cursor), at: token.at });
    const { kind } = cursor.peek();
    if (kind !== "newline" && kind !== "end") {
      cursor.fail(`unexpected ${describeToken(cursor.peek())}`);
    }
  }
  return statements;
}

/** Parses one expression of a kernel program, such as a `limit`. */
export function parseProgramExpression(text: string): Expression {
  const cursor = tokenCursor(text, FUNCTIONS);
  const expression = parseFrom(cursor);
  if (cursor.peek().kind !== "end") cursor.fail(`unexpected ${describeToken(cursor.peek())}`);
  return expression;
}
