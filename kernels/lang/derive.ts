/** Symbolic differentiation of expressions. */

import { binary, call, type Expression, name, negate, number, substitute } from "./expression.ts";
import { SCALAR_FUNCTIONS } from "./functions.ts";
import { parseExpression } from "./parse_expression.ts";
import { simplify } from "./simplify.ts";

/**
 * The derivative of `expression` with respect to the name `variable`, simplified. Comparisons,
 * `floor`, `round`, bit operators and conditions have derivative 0. Throws where the exponent of
 * `pow` depends on the variable.
 */
export function derive(expression: Expression, variable: string): Expression {
  return simplify(derivative(expression, variable));
}

const ZERO = number(0);

function derivative(expression: Expression, variable: string): Expression {
  switch (expression.kind) {
    case "number":
      return ZERO;
    case "name":
      return number(expression.name === variable ? 1 : 0);
    case "unary":
      return expression.operator === "-" ? negate(derivative(expression.argument, variable)) : ZERO;
    case "binary":
      return ofBinary(expression, variable);
    case "call":
      return ofCall(expression, variable);
  }
}

function ofBinary(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  variable: string,
): Expression {
  const dleft = simplify(derivative(left, variable));
  const dright = simplify(derivative(right, variable));
  switch (operator) {
    case "+":
    case "-":
      return binary(operator, dleft, dright);
    case "*":
      return binary("+", binary("*", dleft, right), binary("*", left, dright));
    case "/": {
      if (isZero(dright)) return binary("/", dleft, right);
      // (left / right)' = (left' - left / right * right') / right
      const quotient = binary("/", left, right);
      return binary("/", binary("-", dleft, binary("*", quotient, dright)), right);
    }
    default:
      return ZERO;
  }
}

function ofCall(
  { name: called, args }: Extract<Expression, { kind: "call" }>,
  variable: string,
): Expression {
  const { parameters, partials } = SCALAR_FUNCTIONS[called];
  if (!partials) return ZERO;
  const inner = args.map((arg) => simplify(derivative(arg, variable)));
  if (inner.every(isZero)) return ZERO;
  // Choices stay choices of whole derivatives, so that an infinity not chosen does no harm.
  if (called === "where") return call("where", [args[0], inner[1], inner[2]]);
  if (called === "min" || called === "max") {
    const condition = binary(called === "min" ? "<=" : ">=", args[0], args[1]);
    return call("where", [condition, inner[0], inner[1]]);
  }
  if (called === "pow" && !isZero(inner[1])) {
    throw new TypeError(
      `Cannot derive pow by "${variable}": its exponent must not depend on it, use exp and log`,
    );
  }
  const replacements = Object.fromEntries(parameters.map((parameter, i) => [parameter, args[i]]));
  return partials.map((text, i) =>
    binary("*", inner[i], substitute(parseExpression(text), replacements))
  ).reduce((sum, term) => binary("+", sum, term));
}

function isZero(expression: Expression): boolean {
  return expression.kind === "number" && expression.value === 0;
}

/** The gradient of `expression` for each name, times the expression `cotangent`. */
export function pullback(
  expression: Expression,
  names: readonly string[],
  cotangent: string,
): Expression[] {
  return names.map((variable) =>
    simplify(binary("*", name(cotangent), derive(expression, variable)))
  );
}
