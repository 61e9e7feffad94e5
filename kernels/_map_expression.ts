/** The expression of a call of `map`, and its operands' names. */

import type { Attrs } from "../graph/ir/op.ts";
import { namesOf } from "./_dims.ts";
import { type Expression, formatExpression, freeNames } from "./lang/expression.ts";
import { parseExpression } from "./lang/parse_expression.ts";

/** An expression over named operands. */
export interface MapExpression {
  readonly expression: Expression;
  /** One name per operand, in order. */
  readonly names: readonly string[];
}

/** Reads the attributes of `map`; without `names`, the operands come as they first occur. */
export function readMap({ expr, names }: Attrs): MapExpression {
  const expression = parseExpression(String(expr));
  const given = namesOf(names);
  return { expression, names: given.length > 0 ? given : freeNames(expression) };
}

/** The attributes of `map` for an expression. */
export function writeMap({ expression, names }: MapExpression): Attrs {
  return { expr: formatExpression(expression), names };
}

/** Number of operators and functions of an expression. */
export function countOperations(expression: Expression): number {
  switch (expression.kind) {
    case "unary":
      return 1 + countOperations(expression.argument);
    case "binary":
      return 1 + countOperations(expression.left) + countOperations(expression.right);
    case "call":
      return expression.args.reduce((total, arg) => total + countOperations(arg), 1);
    default:
      return 0;
  }
}

/** How often `name` occurs in an expression. */
export function countUses(expression: Expression, name: string): number {
  switch (expression.kind) {
    case "name":
      return expression.name === name ? 1 : 0;
    case "unary":
      return countUses(expression.argument, name);
    case "binary":
      return countUses(expression.left, name) + countUses(expression.right, name);
    case "call":
      return expression.args.reduce((total, arg) => total + countUses(arg, name), 0);
    default:
      return 0;
  }
}
