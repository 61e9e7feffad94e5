/**
 * The expressions of the filter rule `where`: a condition on the fields of a document, such as
 * `metadata.kind != "spam" and len(text) > 20`.
 *
 * From loosest to tightest: `or`, `and`, `not`, one of `== != < <= > >=`, parentheses. Also `||`, `&&`
 * and `!`. Values:
 *
 * - fields: `id`, `text`, `metadata.NAME`, `metadata["NAME"]`, and deeper ones; null if missing
 * - `"text"` or `'text'` with the escapes of JSON, numbers, `true`, `false`, `null`
 * - `len(x)`: characters (code points) of a text, items of a list; `words(x)`: words between white
 *   space; `lower(x)`: in lower case; null for other values
 * - `contains(x, y)`, `starts_with(x, y)`, `ends_with(x, y)`: of texts; `contains` also of lists
 * - `matches(x, "regex")`: true if the regular expression (of JavaScript, with the u flag) is found in x
 *
 * `==` compares type and value. `<` and its like are false unless both sides are numbers, or both are
 * texts (compared by UTF-16 units). Only `true` counts as true.
 */

import type { Document } from "./document.ts";
import { COMPARISONS, dig, FUNCTIONS, type ValueKind } from "./_where_values.ts";
import { type Token, tokenizeExpression } from "./_where_tokens.ts";

/** True for documents to keep. */
export type Where = (document: Document) => boolean;

/** Thrown for an expression that cannot be read; its message has the column. */
export class WhereError extends SyntaxError {
  override readonly name = "WhereError";
  /** Where in the expression, from 1, in UTF-16 units. */
  readonly column: number;

  constructor(expression: string, column: number, detail: string) {
    super(`Cannot read expression ${JSON.stringify(expression)}: at column ${column}, ${detail}`);
    this.column = column;
  }
}

type Evaluate = (document: Document) => unknown;
interface Node {
  readonly kind: ValueKind;
  readonly evaluate: Evaluate;
}

const FIELDS = ["id", "text", "metadata"];

/** Deeper nesting is refused, before it exhausts the stack. */
const MAX_DEPTH = 100;

/** Compiles an expression. Throws a `WhereError` if it is wrong. */
export function parseWhere(expression: string): Where {
  const fail = (column: number, detail: string): never => {
    throw new WhereError(expression, column, detail);
  };
  const tokens = tokenizeExpression(expression, fail);
  let at = 0;
  const peek = () => tokens[at];
  const show = (token: Token) => token.kind === "end" ? "the end" : JSON.stringify(token.text);
  const take = (...texts: string[]): Token | undefined => {
    const token = peek();
    return (token.kind === "symbol" || token.kind === "name") && texts.includes(token.text)
      ? tokens[at++]
      : undefined;
  };
  const expect = (text: string) =>
    take(text) ??
      fail(peek().column, `there is ${show(peek())}, should be ${JSON.stringify(text)}`);
  const condition = (node: Node, column: number): Node => {
    if (node.kind === "boolean" || node.kind === "any") return node;
    return fail(column, `there is a ${node.kind}, should be a condition`);
  };

  /** A chain of one operator, whose operands and result are conditions. */
  const chain = (operand: () => Node, operators: string[], stop: boolean) => (): Node => {
    const column = peek().column;
    const first = operand();
    const parts: Evaluate[] = [];
    while (take(...operators)) {
      if (parts.length === 0) parts.push(condition(first, column).evaluate);
      const next = peek().column;
      parts.push(condition(operand(), next).evaluate);
    }
    if (parts.length === 0) return first;
    return {
      kind: "boolean",
      evaluate: (document) =>
        parts.some((part) => (part(document) === true) === stop) ? stop : !stop,
    };
  };
  let depth = 0;
  const negation = (): Node => {
    if (++depth > MAX_DEPTH) fail(peek().column, "it is nested too deeply");
    const node = take("not", "!") ? negated() : comparison();
    depth--;
    return node;
  };
  const negated = (): Node => {
    const column = peek().column;
    const { evaluate } = condition(negation(), column);
    return { kind: "boolean", evaluate: (document) => evaluate(document) !== true };
  };
  const comparison = (): Node => {
    const left = value();
    const operator = take("==", "!=", "<", "<=", ">", ">=");
    if (!operator) return left;
    const right = value();
    const comparable = [left.kind, right.kind].includes("any") || left.kind === right.kind ||
      (["==", "!="].includes(operator.text) && [left.kind, right.kind].includes("null"));
    if (!comparable) {
      fail(operator.column, `a ${left.kind} is compared with a ${right.kind}`);
    }
    const compare = COMPARISONS[operator.text];
    return {
      kind: "boolean",
      evaluate: (document) => compare(left.evaluate(document), right.evaluate(document)),
    };
  };
  const value = (): Node => {
    const token = tokens[at++];
    if (token.kind === "number") return { kind: "number", evaluate: () => token.value };
    if (token.kind === "text") return { kind: "text", evaluate: () => token.value };
    if (token.kind === "symbol" && token.text === "(") {
      const inner = either();
      expect(")");
      return inner;
    }
    if (token.kind !== "name") {
      return fail(token.column, `there is ${show(token)}, should be a value`);
    }
    if (token.text === "true" || token.text === "false") {
      const truth = token.text === "true";
      return { kind: "boolean", evaluate: () => truth };
    }
    if (token.text === "null") return { kind: "null", evaluate: () => null };
    if (peek().text === "(") return call(token);
    if (FIELDS.includes(token.text)) return field(token);
    const known = [...FIELDS, ...Object.keys(FUNCTIONS)].join(", ");
    return fail(token.column, `there is no ${token.text}, there are ${known}`);
  };
  const call = ({ text, column }: Token): Node => {
    if (!Object.hasOwn(FUNCTIONS, text)) {
      const known = Object.keys(FUNCTIONS).join(", ");
      return fail(column, `there is no function ${text}, there are ${known}`);
    }
    const { arity, kind, apply } = FUNCTIONS[text];
    expect("(");
    const args: Node[] = [];
    while (!take(")")) {
      if (args.length > 0 && !take(",")) {
        fail(peek().column, `there is ${show(peek())}, should be "," or ")"`);
      }
      if (text === "matches" && args.length === 1) args.push(pattern());
      else args.push(either());
    }
    if (args.length !== arity) {
      fail(column, `${text} is given ${args.length} values, should be ${arity}`);
    }
    const [x, y] = args;
    return {
      kind,
      evaluate: (document) => apply(x.evaluate(document), y?.evaluate(document)),
    };
  };
  const pattern = (): Node => {
    const token = tokens[at++];
    if (token.kind !== "text") return fail(token.column, "a pattern should be a text in quotes");
    try {
      const regex = new RegExp(String(token.value), "u");
      return { kind: "any", evaluate: () => regex };
    } catch (error) {
      return fail(token.column, error instanceof Error ? error.message : String(error));
    }
  };
  const field = ({ text, column }: Token): Node => {
    const path: string[] = [];
    while (true) {
      if (take(".")) {
        const name = tokens[at++];
        if (name.kind !== "name") fail(name.column, `there is ${show(name)}, should be a name`);
        path.push(name.text);
      } else if (take("[")) {
        const name = tokens[at++];
        if (name.kind !== "text") fail(name.column, "a name in brackets should be in quotes");
        path.push(String(name.value));
        expect("]");
      } else break;
    }
    if (text === "metadata") {
      return {
        kind: "any",
        evaluate: ({ metadata }) => dig(metadata, path),
      };
    }
    if (path.length > 0) fail(column, `${text} is a text and has no fields`);
    return { kind: "text", evaluate: (document) => text === "id" ? document.id : document.text };
  };

  const both = chain(negation, ["and", "&&"], false);
  const either: () => Node = chain(both, ["or", "||"], true);
  const { column } = peek();
  const { evaluate } = condition(either(), column);
  if (peek().kind !== "end") fail(peek().column, `there is ${show(peek())}, should be the end`);
  return (document) => evaluate(document) === true;
}
