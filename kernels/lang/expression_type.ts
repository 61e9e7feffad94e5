/** Checks the types of an expression without a kernel. */

import { dagBuilder, type NodeType } from "./dag.ts";
import type { Expression } from "./expression.ts";
import { ExpressionError } from "./expression_error.ts";
import { formatExpression } from "./expression.ts";
import { didYouMean } from "./_nearest.ts";
import { typeExpression } from "./type_expression.ts";

/**
 * The type of an expression over operands of the given types; `bool` for a condition. A constant is
 * f32. Throws an `ExpressionError` for a name without a type and for types that do not fit, with
 * offsets into `text`: what the expression was parsed from.
 */
export function expressionType(
  expression: Expression,
  types: Readonly<Record<string, NodeType>>,
  text: string = formatExpression(expression),
): NodeType {
  const builder = dagBuilder();
  const value = typeExpression(expression, {
    builder,
    text,
    resolve(name, at) {
      if (Object.hasOwn(types, name)) return builder.load(types[name], name);
      const detail = `unknown name "${name}"${didYouMean(name, Object.keys(types))}`;
      throw new ExpressionError(`Cannot type expression: ${detail}`, text, at);
    },
  });
  return typeof value === "number" ? "f32" : value.type;
}
