/**
 * Constants of blocks: `$name` and `$(expression)` inside the attributes of a node stand for numbers,
 * words and truth values made of the block's attributes and the model's dims, e.g.
 * `$(0.02 / sqrt(2 * layers))`, `$(not tied)`, `"$activation(gate) * up"`.
 *
 * From loosest to tightest: `or`, `and`, `not`, `== != < <= > >=`, `+ -`, `* /`, unary `-`, `**`,
 * calls `sqrt rsqrt min max floor log`, parentheses, numbers, names, `true`, `false`, `'words'`.
 */

import type { Attribute } from "../schema/definitions.ts";
import { known, NodeError } from "./_node_error.ts";

/** The functions of constants by name. */
export const constantFunctions: Readonly<Record<string, (...args: number[]) => number>> = {
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  min: Math.min,
  max: Math.max,
  floor: Math.floor,
  log: Math.log,
};

/** Nesting of parentheses, signs and powers beyond this is refused; each level takes ten calls. */
const MAX_DEPTH = 100;

type Scope = ReadonlyMap<string, Attribute>;

/** A copy of a configuration value with every text in it substituted; `field` is the key it is of. */
export function substituteAll(value: unknown, scope: Scope, field: string): unknown {
  if (typeof value === "string") {
    try {
      return substitute(value, scope);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      throw new NodeError(error.message, { ...error.detail, field });
    }
  }
  if (Array.isArray(value)) return value.map((item) => substituteAll(item, scope, field));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, substituteAll(item, scope, field)]),
  );
}

/**
 * Replaces every `$name` and `$(expression)` of a text. A text that is nothing but one reference has
 * the type of its value; any other becomes a string. Throws a NodeError that says what is wrong.
 */
export function substitute(text: string, scope: Scope): Attribute {
  if (!text.includes("$")) return text;
  const parts: (string | { value: Attribute })[] = [];
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) {
      parts.push(text.slice(at));
      break;
    }
    if (dollar > at) parts.push(text.slice(at, dollar));
    const end = referenceEnd(text, dollar + 1);
    const inner = text.slice(dollar + 1, end);
    parts.push({ value: evaluate(inner, scope) });
    at = end;
  }
  const [only] = parts;
  if (parts.length === 1 && typeof only === "object") return only.value;
  return parts.map((part) => typeof part === "string" ? part : String(part.value)).join("");
}

/** A text with `abs` for each `$name` before a `(`, and `1` for each other reference. */
export function withoutReferences(text: string): string {
  let plain = "";
  for (let at = 0; at < text.length;) {
    if (text[at] !== "$") plain += text[at++];
    else {
      at = referenceEnd(text, at + 1);
      plain += text[at] === "(" ? "abs" : "1";
    }
  }
  return plain;
}

/** Where the reference that starts at `start` (behind its `$`) ends. */
function referenceEnd(text: string, start: number): number {
  const name = /^[A-Za-z_]\w*/.exec(text.slice(start));
  if (name) return start + name[0].length;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")" && --depth === 0) return at + 1;
    if (depth === 0) break;
  }
  throw new NodeError(`"$" in "${text}" is not followed by a name or by "(expression)"`, {
    code: "constant",
  });
}

/** The value of an expression without `$`. */
export function evaluate(text: string, scope: Scope): Attribute {
  const tokens = text.match(/\*\*|[<>=!]=|'[^']*'|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+|\w+|\S/g) ??
    [];
  let at = 0;
  const fail = (detail: string, more = {}): never => {
    throw new NodeError(`constant "${text}": ${detail}`, { code: "constant", ...more });
  };
  const take = (...wanted: string[]): string | undefined =>
    wanted.includes(tokens[at]) ? tokens[at++] : undefined;
  const number = (value: Attribute): number =>
    typeof value === "number" ? value : fail(`${JSON.stringify(value)} is not a number`);
  const truth = (value: Attribute): boolean =>
    typeof value === "boolean" ? value : fail(`${JSON.stringify(value)} is not true or false`);
  let depth = 0;
  const nested = (part: () => Attribute): Attribute => {
    if (++depth > MAX_DEPTH) {
      throw new NodeError(`a constant is nested more than ${MAX_DEPTH} levels deep`, {
        code: "constant",
      });
    }
    const value = part();
    depth--;
    return value;
  };

  const either = (): Attribute => {
    let left = both();
    while (take("or")) {
      const right = both();
      left = truth(left) || truth(right);
    }
    return left;
  };
  const both = (): Attribute => {
    let left = negation();
    while (take("and")) {
      const right = negation();
      left = truth(left) && truth(right);
    }
    return left;
  };
  const negation = (): Attribute => take("not") ? !truth(nested(negation)) : comparison();
  const comparison = (): Attribute => {
    const left = sum();
    const operator = take("==", "!=", "<", "<=", ">", ">=");
    if (!operator) return left;
    const right = sum();
    if (operator === "==") return left === right;
    if (operator === "!=") return left !== right;
    const [a, b] = [number(left), number(right)];
    return operator === "<"
      ? a < b
      : operator === "<="
      ? a <= b
      : operator === ">"
      ? a > b
      : a >= b;
  };
  const sum = (): Attribute => {
    let left = product();
    for (let operator = take("+", "-"); operator; operator = take("+", "-")) {
      const right = number(product());
      left = operator === "+" ? number(left) + right : number(left) - right;
    }
    return left;
  };
  const product = (): Attribute => {
    let left = signed();
    for (let operator = take("*", "/"); operator; operator = take("*", "/")) {
      const right = number(signed());
      left = operator === "*" ? number(left) * right : number(left) / right;
    }
    return left;
  };
  const signed = (): Attribute => take("-") ? -number(nested(signed)) : power();
  const power = (): Attribute => {
    const base = atom();
    return take("**") ? number(base) ** number(nested(signed)) : base;
  };
  const atom = (): Attribute => {
    const token = tokens[at++];
    if (token === undefined) return fail("it ends too early");
    if (/^[\d.]/.test(token)) return Number(token);
    if (token.startsWith("'") && token.length > 1) return token.slice(1, -1);
    if (token === "true" || token === "false") return token === "true";
    if (token === "(") {
      const inner = nested(either);
      if (!take(")")) fail(`")" is missing`);
      return inner;
    }
    if (!/^\w+$/.test(token)) return fail(`"${token}" is not expected here`);
    if (Object.hasOwn(constantFunctions, token) && take("(")) {
      const args = [number(nested(either))];
      while (take(",")) args.push(number(nested(either)));
      if (!take(")")) fail(`")" is missing`);
      return constantFunctions[token](...args);
    }
    const value = scope.get(token);
    if (value !== undefined) return value;
    return fail(`unknown name "${token}"`, known(token, scope.keys()));
  };

  const value = either();
  if (at < tokens.length) fail(`"${tokens[at]}" is not expected here`);
  if (typeof value === "number" && !Number.isFinite(value)) fail(`its value is ${value}`);
  return value;
}
