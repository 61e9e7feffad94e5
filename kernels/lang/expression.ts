/** Expressions of the kernel language and of `map` in YAML: their tree, text, names, substitution. */

/** Operators on two operands, by how tightly they bind: later rows bind tighter. */
export const BINARY_OPERATORS = [
  ["<", "<=", ">", ">=", "==", "!="],
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
] as const;

/** An operator on two operands. */
export type BinaryOperator = (typeof BINARY_OPERATORS)[number][number];

/** A parsed expression. `at` is the offset of its first character (of the operator, of a call's name). */
export type Expression =
  | { readonly kind: "number"; readonly value: number; readonly at: number }
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | {
    readonly kind: "unary";
    readonly operator: "-" | "!";
    readonly argument: Expression;
    readonly at: number;
  }
  | {
    readonly kind: "binary";
    readonly operator: BinaryOperator;
    readonly left: Expression;
    readonly right: Expression;
    readonly at: number;
  }
  | {
    readonly kind: "call";
    readonly name: string;
    readonly args: readonly Expression[];
    /** Arguments by name, as in `at(x, D = index(D))`. */
    readonly named: readonly (readonly [string, Expression])[];
    readonly at: number;
  };

/** A number, as an expression. */
export function number(value: number): Expression {
  return { kind: "number", value, at: 0 };
}

/** A name, as an expression. */
export function name(name: string): Expression {
  return { kind: "name", name, at: 0 };
}

/** `left operator right` */
export function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: "binary", operator, left, right, at: 0 };
}

/** `name(args)` */
export function call(name: string, args: readonly Expression[]): Expression {
  return { kind: "call", name, args, named: [], at: 0 };
}

/** `-argument` */
export function negate(argument: Expression): Expression {
  return { kind: "unary", operator: "-", argument, at: 0 };
}

/** How tightly the outermost operator binds: unary and primary expressions bind tightest. */
function precedence(expression: Expression): number {
  if (expression.kind === "unary") return BINARY_OPERATORS.length;
  if (expression.kind === "number" && (expression.value < 0 || Object.is(expression.value, -0))) {
    return BINARY_OPERATORS.length;
  }
  if (expression.kind !== "binary") return BINARY_OPERATORS.length + 1;
  return BINARY_OPERATORS.findIndex((row) => row.some((op) => op === expression.operator));
}

/** The text of an expression, with no more parentheses than it needs. Parsing it gives it back. */
export function formatExpression(expression: Expression): string {
  const inside = (child: Expression, least: number) => {
    const text = formatExpression(child);
    return precedence(child) < least ? `(${text})` : text;
  };
  switch (expression.kind) {
    case "number":
      return formatNumber(expression.value);
    case "name":
      return expression.name;
    case "unary":
      return `${expression.operator}${inside(expression.argument, BINARY_OPERATORS.length + 1)}`;
    case "binary": {
      const level = precedence(expression);
      // Comparisons do not chain, so both sides of one need parentheses.
      const left = inside(expression.left, level === 0 ? 1 : level);
      return `${left} ${expression.operator} ${inside(expression.right, level + 1)}`;
    }
    case "call": {
      const named = expression.named.map(([key, value]) => `${key} = ${formatExpression(value)}`);
      return `${expression.name}(${
        [...expression.args.map(formatExpression), ...named].join(", ")
      })`;
    }
  }
}

function formatNumber(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return String(value);
}

/** Names that occur in an expression (not those of functions), in order of first occurrence. */
export function freeNames(expression: Expression): string[] {
  const names = new Set<string>();
  const visit = (part: Expression) => {
    if (part.kind === "name") names.add(part.name);
    for (const child of children(part)) visit(child);
  };
  visit(expression);
  return [...names];
}

/** Replaces names by expressions, all at once. */
export function substitute(
  expression: Expression,
  replacements: Readonly<Record<string, Expression>>,
): Expression {
  switch (expression.kind) {
    case "number":
      return expression;
    case "name":
      return Object.hasOwn(replacements, expression.name)
        ? replacements[expression.name]
        : expression;
    case "unary":
      return { ...expression, argument: substitute(expression.argument, replacements) };
    case "binary":
      return {
        ...expression,
        left: substitute(expression.left, replacements),
        right: substitute(expression.right, replacements),
      };
    case "call":
      return {
        ...expression,
        args: expression.args.map((arg) => substitute(arg, replacements)),
        named: expression.named.map(([key, arg]) => [key, substitute(arg, replacements)] as const),
      };
  }
}

/** True if two expressions are the same tree, wherever they were written. */
export function sameExpression(a: Expression, b: Expression): boolean {
  return a === b || formatExpression(a) === formatExpression(b);
}

/** The expressions that an expression is made of. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "unary":
      return [expression.argument];
    case "binary":
      return [expression.left, expression.right];
    case "call":
      return [...expression.args, ...expression.named.map(([, value]) => value)];
    default:
      return [];
  }
}
