/** Splits the expressions of `parse_where.ts` into tokens. */

/** A token; `value` is that of a number or a text. */
export interface Token {
  readonly kind: "name" | "number" | "text" | "symbol" | "end";
  readonly text: string;
  readonly value: string | number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

const PATTERN =
  /\s+|(?<name>[A-Za-z_]\w*)|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<symbol>[=!<>]=|&&|\|\||[<>!()[\].,])/y;

/** The tokens of an expression, `end` last. `fail` is called with a column and what is wrong there. */
export function tokenizeExpression(
  expression: string,
  fail: (column: number, detail: string) => never,
): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < expression.length) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(expression);
    const column = at + 1;
    if (match === null) return fail(column, unreadable(expression.slice(at)));
    at = PATTERN.lastIndex;
    const { name, number, text, symbol } = match.groups ?? {};
    if (name !== undefined) tokens.push({ kind: "name", text: name, value: name, column });
    else if (number !== undefined) {
      tokens.push({ kind: "number", text: number, value: Number(number), column });
    } else if (text !== undefined) {
      tokens.push({
        kind: "text",
        text,
        value: unquote(text, () => fail(column, BAD_TEXT)),
        column,
      });
    } else if (symbol !== undefined) {
      tokens.push({ kind: "symbol", text: symbol, value: symbol, column });
    }
  }
  tokens.push({ kind: "end", text: "", value: "", column: expression.length + 1 });
  return tokens;
}

const BAD_TEXT = "the text has an escape that JSON does not know";

function unreadable(rest: string): string {
  const [character] = rest;
  if (character === '"' || character === "'") return "a text begins whose quote is never closed";
  if (character === "=") return 'there is "=", should be "=="';
  return `${JSON.stringify(character)} is not expected`;
}

function unquote(text: string, fail: () => never): string {
  const inner = text.slice(1, -1);
  try {
    return text[0] === '"'
      ? JSON.parse(text)
      : JSON.parse(`"${inner.replaceAll("\\'", "'").replaceAll(/(?<!\\)"/g, '\\"')}"`);
  } catch {
    return fail();
  }
}
