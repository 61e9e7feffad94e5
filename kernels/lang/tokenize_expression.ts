/** Splits the text of expressions and programs into tokens. */

import { ExpressionError } from "./expression_error.ts";

/** A token; `text` is what stands in the source, empty at the end. */
export interface Token {
  readonly kind: "number" | "name" | "symbol" | "newline" | "end";
  readonly text: string;
  readonly at: number;
}

const TOKEN = new RegExp(
  [
    /(?<newline>\n)/,
    /(?<space>[^\S\n]+|#[^\n]*)/,
    /(?<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/,
    /(?<name>[A-Za-z_][A-Za-z0-9_]*)/,
    /(?<symbol><<|>>|<=|>=|==|!=|[-+*/%&|^<>!=(),])/,
  ].map(({ source }) => source).join("|"),
  "y",
);

/**
 * Tokens of `text`, the last one of kind `end`. `#` starts a comment. Line ends inside parentheses are
 * left out, so an expression in parentheses may span lines.
 */
export function tokenizeExpression(text: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match?.groups) {
      throw new ExpressionError(`Cannot parse expression: unexpected "${text[at]}"`, text, at);
    }
    const { newline, number, name, symbol } = match.groups;
    if (symbol === "(") depth++;
    if (symbol === ")") depth--;
    if (newline !== undefined && depth <= 0) tokens.push({ kind: "newline", text: "\n", at });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, at });
    else if (name !== undefined) tokens.push({ kind: "name", text: name, at });
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, at });
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
}
