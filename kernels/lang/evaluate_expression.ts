/** Evaluates expressions on doubles: the reference of `map`, and what gradients are tested against. */

import type { BinaryOperator, Expression } from "./expression.ts";
import { SCALAR_FUNCTIONS } from "./functions.ts";

/** Computes an expression for the values of its names, in the order they were compiled with. */
export type Evaluator = (values: ArrayLike<number>) => number;

/**
 * Makes a function from values to the value of `expression`, in double precision. Conditions are 0
 * or 1; bit operators work on 32-bit integers. Throws a ReferenceError for a name not in `names`.
 */
export function compileEvaluator(expression: Expression, names: readonly string[]): Evaluator {
  const compile = (part: Expression): Evaluator => {
    switch (part.kind) {
      case "number": {
        const { value } = part;
        return () => value;
      }
      case "name": {
        const position = names.indexOf(part.name);
        if (position < 0) {
          throw new ReferenceError(
            `Cannot evaluate expression: unknown name "${part.name}", known are ${
              names.join(", ")
            }`,
          );
        }
        return (values) => values[position];
      }
      case "unary": {
        const argument = compile(part.argument);
        return part.operator === "-"
          ? (values) => -argument(values)
          : (values) => argument(values) === 0 ? 1 : 0;
      }
      case "binary": {
        const left = compile(part.left);
        const right = compile(part.right);
        const apply = BINARY[part.operator];
        return (values) => apply(left(values), right(values));
      }
      case "call": {
        const args = part.args.map(compile);
        const { evaluate } = SCALAR_FUNCTIONS[part.name];
        if (args.length === 1) return (values) => evaluate(args[0](values));
        if (args.length === 2) return (values) => evaluate(args[0](values), args[1](values));
        return (values) => evaluate(args[0](values), args[1](values), args[2](values));
      }
    }
  };
  return compile(expression);
}

/** The value of an expression for values by name. */
export function evaluateExpression(
  expression: Expression,
  scope: Readonly<Record<string, number>> = {},
): number {
  const names = Object.keys(scope);
  return compileEvaluator(expression, names)(names.map((name) => scope[name]));
}

/** The operators on doubles. */
export const BINARY: Readonly<Record<BinaryOperator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
};
