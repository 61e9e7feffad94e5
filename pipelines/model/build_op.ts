/** Builds a node that calls an op: operands in order, fields as attributes. */

import type { Value } from "../../graph/ir/graph.ts";
import type { Attr, Attrs } from "../../graph/ir/op.ts";
import { freeNames } from "../../kernels/lang/expression.ts";
import { map } from "../../kernels/map.ts";
import { parseExpression } from "../../kernels/lang/parse_expression.ts";
import type { BlockNode } from "./block.ts";
import { known, NodeError } from "./_node_error.ts";
import { parameterOps } from "./parameter_ops.ts";
import { callOp, inOrder, type OpNode, type Scope, valueOf } from "./scope.ts";

/** Adds the call of an op to the graph and returns its first result. */
export function buildOp(scope: Scope, ready: OpNode, operands: readonly Value[]): Value {
  const { node, filled: { target, fields } } = ready;
  const { ops, random } = scope.context;
  if (Object.hasOwn(parameterOps, target)) {
    const { fields: names, build } = parameterOps[target];
    const unknown = [...fields.keys()].find((field) => !names.includes(field));
    if (unknown !== undefined) throw unknownAttribute(target, unknown, names);
    return build(scope, ready, operands);
  }
  if (!Object.hasOwn(ops, target)) {
    throw new NodeError(`unknown op "${target}"`, {
      code: "unknown-op",
      field: "op",
      ...known(target, [...Object.keys(parameterOps), ...Object.keys(ops)]),
    });
  }
  const op = ops[target];
  const attrs: Record<string, Attr> = {};
  for (const [field, value] of fields) {
    if (!Object.hasOwn(op.attrs, field)) {
      throw unknownAttribute(target, field, Object.keys(op.attrs));
    }
    checkType(target, field, value, op.attrs[field].default);
    attrs[field] = value as Attr;
  }
  if (target === "map") return callMap(scope, node, operands, attrs);
  if (target === "rearrange") return callOp(scope, op, operands, withSizes(scope, attrs));
  if (target !== "dropout") {
    return callOp(scope, op, op.variadic ? operands : inOrder(operands, node, op.inputs), attrs);
  }
  if (attrs.p === 0) return operands[0];
  const bits = random();
  if (bits === undefined) return operands[0];
  return callOp(scope, op, [operands[0], bits.key], { stream: bits.stream, ...attrs });
}

/** `map` names its operands by the ids in `in`; without `in`, by the ids in its expression. */
function callMap(scope: Scope, node: BlockNode, operands: readonly Value[], attrs: Attrs): Value {
  if (node.operands) {
    const names = Array.isArray(node.operands) ? node.operands : Object.keys(node.operands);
    return callOp(scope, map, operands, { names, ...attrs });
  }
  if (attrs.expr === undefined) return callOp(scope, map, operands, attrs);
  const names = expressionNames(String(attrs.expr));
  const values = names.map((name) => valueOf(scope.values, name, "expr"));
  return callOp(scope, map, values, { names, ...attrs });
}

/** Attributes of `rearrange` with the sizes of those split dims that the model has. */
function withSizes({ context: { dims } }: Scope, attrs: Attrs): Attrs {
  const [from] = String(attrs.pattern).split("->");
  const groups = from.match(/\([^)]*\)/g) ?? [];
  const names = groups.flatMap((group) => group.match(/\w+/g) ?? []).filter((name) =>
    dims.has(name)
  );
  return { names, sizes: names.map((name) => dims.get(name)!), ...attrs };
}

/** The names in a `map` expression, in order; a NodeError where it cannot be read. */
export function expressionNames(expr: string): string[] {
  try {
    return freeNames(parseExpression(expr));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new NodeError(error.message, { code: "expression", field: "expr" });
  }
}

/** A value must be of the type of the default; where that is a list, one item may stand for it. */
function checkType(target: string, field: string, value: unknown, preset: Attr | undefined) {
  if (preset === undefined || typeof preset === "object" || typeof value === typeof preset) return;
  throw new NodeError(`attribute "${field}" of op ${target} is ${JSON.stringify(value)}`, {
    code: "wrong-type",
    field,
    expected: typeof preset === "boolean" ? "true or false" : `a ${typeof preset}`,
  });
}

function unknownAttribute(target: string, field: string, names: readonly string[]): NodeError {
  return new NodeError(`unknown attribute "${field}" of op ${target}`, {
    code: "unknown-attribute",
    field,
    part: "key",
    ...known(field, names),
  });
}
