/** Reads tokens in order, for the parsers of expressions and programs. */

import { ExpressionError } from "./expression_error.ts";
import { type Token, tokenizeExpression } from "./tokenize_expression.ts";

/** A place in a list of tokens. */
export interface TokenCursor {
  readonly text: string;
  /** Names of the functions that may be called. */
  readonly functions: readonly string[];
  /** The next token, or one after it. */
  peek(ahead?: number): Token;
  take(): Token;
  /** Takes the next token if it is this symbol. */
  accept(symbol: string): boolean;
  /** Takes the next token, which must be this symbol. */
  expect(symbol: string): void;
  /** Runs a parser of what is inside something else; refuses to go in too deep. */
  nested<T>(parse: () => T): T;
  /** Throws an `ExpressionError` at the next token, or at an offset. */
  fail(detail: string, at?: number): never;
}

/** Most parentheses, calls and signs around a value: parsers call themselves for each. */
const MOST_LEVELS = 200;

/** A cursor at the start of `text`. */
export function tokenCursor(text: string, functions: readonly string[]): TokenCursor {
  const tokens = tokenizeExpression(text);
  let next = 0;
  let levels = 0;
  const cursor: TokenCursor = {
    text,
    functions,
    peek: (ahead = 0) => tokens[Math.min(next + ahead, tokens.length - 1)],
    take() {
      const token = cursor.peek();
      next++;
      return token;
    },
    accept(symbol) {
      const found = cursor.peek().kind === "symbol" && cursor.peek().text === symbol;
      if (found) next++;
      return found;
    },
    nested(parse) {
      if (++levels > MOST_LEVELS) cursor.fail(`more than ${MOST_LEVELS} levels of nesting`);
      const result = parse();
      levels--;
      return result;
    },
    expect(symbol) {
      if (!cursor.accept(symbol)) {
        cursor.fail(`expected "${symbol}", got ${describeToken(cursor.peek())}`);
      }
    },
    fail(detail, at = cursor.peek().at) {
      throw new ExpressionError(`Cannot parse expression: ${detail}`, text, at);
    },
  };
  return cursor;
}

/** A token in words, for error messages. */
export function describeToken({ kind, text }: Token): string {
  if (kind === "end") return "the end";
  return kind === "newline" ? "the end of the line" : `"${text}"`;
}
