/** Algebraic simplification of expressions: folds constants, drops zeros and ones, moves signs out. */

import {
  binary,
  type BinaryOperator,
  call,
  type Expression,
  negate,
  number,
  sameExpression,
} from "./expression.ts";
import { BINARY } from "./evaluate_expression.ts";
import { SCALAR_FUNCTIONS } from "./functions.ts";

/**
 * An equal expression with no more operations. Values are taken to be finite, so `0 * x` is 0; the
 * result may differ from the original in rounding.
 */
export function simplify(expression: Expression): Expression {
  switch (expression.kind) {
    case "number":
    case "name":
      return expression;
    case "unary": {
      const argument = simplify(expression.argument);
      return expression.operator === "-" ? negative(argument) : { ...expression, argument };
    }
    case "binary":
      return combine(expression.operator, simplify(expression.left), simplify(expression.right));
    case "call": {
      const args = expression.args.map(simplify);
      if (args.every(isNumber)) {
        const value = SCALAR_FUNCTIONS[expression.name].evaluate(...args.map(({ value }) => value));
        if (Number.isFinite(value)) return number(value);
      }
      if (expression.name === "where") return choose(args[0], args[1], args[2]);
      if (expression.name === "pow" && isValue(args[1], 1)) return args[0];
      if (expression.name === "pow" && isValue(args[1], 0)) return number(1);
      return call(expression.name, args);
    }
  }
}

type NumberExpression = Extract<Expression, { kind: "number" }>;

function isNumber(expression: Expression): expression is NumberExpression {
  return expression.kind === "number";
}

function isValue(expression: Expression, value: number): boolean {
  return isNumber(expression) && expression.value === value;
}

/** The argument of a minus, or undefined. */
function negated(expression: Expression): Expression | undefined {
  if (expression.kind === "unary" && expression.operator === "-") return expression.argument;
  return isNumber(expression) && expression.value < 0 ? number(-expression.value) : undefined;
}

function negative(argument: Expression): Expression {
  if (isNumber(argument)) return number(-argument.value);
  if (argument.kind === "binary" && argument.operator === "-") {
    return combine("-", argument.right, argument.left);
  }
  return negated(argument) ?? negate(argument);
}

function choose(condition: Expression, a: Expression, b: Expression): Expression {
  if (isNumber(condition)) return condition.value !== 0 ? a : b;
  return sameExpression(a, b) ? a : call("where", [condition, a, b]);
}

/** `left operator right`, simplified; both sides are. */
function combine(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  if (isNumber(left) && isNumber(right)) {
    const value = BINARY[operator](left.value, right.value);
    if (Number.isFinite(value)) return number(value);
  }
  switch (operator) {
    case "+":
      return add(left, right);
    case "-": {
      if (isValue(right, 0)) return left;
      if (isValue(left, 0)) return negative(right);
      const minus = isNumber(right) ? undefined : negated(right);
      return collect(left, right, -1) ?? (minus ? add(left, minus) : binary("-", left, right));
    }
    case "*":
      return multiply(left, right);
    case "/":
      return divide(left, right);
    default:
      return binary(operator, left, right);
  }
}

function add(left: Expression, right: Expression): Expression {
  if (isValue(left, 0)) return right;
  if (isValue(right, 0)) return left;
  const minusRight = negated(right);
  if (minusRight) return combine("-", left, minusRight);
  const minusLeft = isNumber(left) ? undefined : negated(left);
  if (minusLeft) return combine("-", right, minusLeft);
  return collect(left, right, 1) ?? binary("+", left, right);
}

/** `a x + sign b x` as one term, where both sides are multiples of the same `x`. */
function collect(left: Expression, right: Expression, sign: number): Expression | undefined {
  const [a, x] = term(left);
  const [b, y] = term(right);
  if (isNumber(x) || !sameExpression(x, y)) return undefined;
  return combine("*", number(a + sign * b), x);
}

/** An expression as a constant times the rest. */
function term(expression: Expression): [number, Expression] {
  if (expression.kind === "unary" && expression.operator === "-") {
    const [factor, rest] = term(expression.argument);
    return [-factor, rest];
  }
  if (expression.kind === "binary" && expression.operator === "*" && isNumber(expression.left)) {
    return [expression.left.value, expression.right];
  }
  return [1, expression];
}

function multiply(left: Expression, right: Expression): Expression {
  if (isValue(left, 0) || isValue(right, 0)) return number(0);
  if (isValue(left, 1)) return right;
  if (isValue(right, 1)) return left;
  // Constants go first, so that they meet.
  if (isNumber(right) && !isNumber(left)) return multiply(right, left);
  const minusLeft = isNumber(left) && left.value !== -1 ? undefined : negated(left);
  if (minusLeft) return negative(multiply(minusLeft, right));
  const minusRight = negated(right);
  if (minusRight) return negative(multiply(left, minusRight));
  if (isNumber(left) && right.kind === "binary" && isNumber(right.left)) {
    if (right.operator === "*") return multiply(number(left.value * right.left.value), right.right);
    if (right.operator === "/") return divide(number(left.value * right.left.value), right.right);
  }
  if (right.kind === "binary" && right.operator === "*" && isNumber(right.left)) {
    return multiply(right.left, multiply(left, right.right));
  }
  if (left.kind === "binary" && left.operator === "*" && isNumber(left.left)) {
    return multiply(left.left, multiply(left.right, right));
  }
  if (
    right.kind === "call" && right.name === "where" &&
    (isValue(right.args[1], 0) || isValue(right.args[2], 0))
  ) {
    return choose(right.args[0], multiply(left, right.args[1]), multiply(left, right.args[2]));
  }
  if (
    left.kind === "call" && left.name === "where" &&
    (isValue(left.args[1], 0) || isValue(left.args[2], 0))
  ) {
    return choose(left.args[0], multiply(left.args[1], right), multiply(left.args[2], right));
  }
  if (right.kind === "binary" && right.operator === "/" && isValue(right.left, 1)) {
    return divide(left, right.right);
  }
  return binary("*", left, right);
}

function divide(left: Expression, right: Expression): Expression {
  if (isValue(left, 0)) return number(0);
  if (isValue(right, 1)) return left;
  const minus = isNumber(left) && isNumber(right) ? undefined : negated(left);
  if (minus) return negative(divide(minus, right));
  const minusRight = negated(right);
  if (minusRight) return negative(divide(left, minusRight));
  const [factor, rest] = term(left);
  if (factor !== 1 && isNumber(right)) return multiply(number(factor / right.value), rest);
  return sameExpression(left, right) ? number(1) : binary("/", left, right);
}
