/** Types expressions and turns them into nodes: scalar functions, operators, conversions. */

import type { Expression } from "./expression.ts";
import { ExpressionError } from "./expression_error.ts";
import type { BinaryOpcode, DagBuilder, DagNode, NodeType } from "./dag.ts";
import { BINARY } from "./evaluate_expression.ts";
import { SCALAR_FUNCTIONS } from "./functions.ts";
import { parseExpression } from "./parse_expression.ts";
import { powNode } from "./pow_node.ts";
import { threefryNode } from "./threefry.ts";

/**
 * A typed value. A plain number comes from literals, dims and attributes and has no type yet: it takes
 * that of the other operand.
 */
export type TypedValue = DagNode | number;

/** What an expression is typed in. */
export interface TypeScope {
  readonly builder: DagBuilder;
  /** The text that offsets in errors refer to. */
  readonly text: string;
  /** The value of a name; throws an `ExpressionError` for an unknown one. */
  resolve(name: string, at: number): TypedValue;
  /** The functions that depend on loops: `sum_over`, `index`, `at`. Absent for plain expressions. */
  callProgramFunction?(expression: CallExpression): TypedValue;
}

/** A call in an expression. */
export type CallExpression = Extract<Expression, { kind: "call" }>;

const OPCODES: Readonly<Record<string, BinaryOpcode>> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "%": "rem",
  "&": "and",
  "|": "or",
  "^": "xor",
  "<<": "shl",
  ">>": "shr",
  "<": "lt",
  "<=": "le",
  "==": "eq",
  "!=": "ne",
};

/** Types each operator takes; comparisons take all but conditions. */
const OPERAND_TYPES: Readonly<Record<string, readonly NodeType[]>> = {
  "%": ["i32", "u32"],
  "&": ["i32", "u32", "bool"],
  "|": ["i32", "u32", "bool"],
  "^": ["i32", "u32", "bool"],
  "<<": ["i32", "u32"],
  ">>": ["i32", "u32"],
};

const NUMERIC: readonly NodeType[] = ["f32", "i32", "u32"];

/** The typed value of an expression. Throws an `ExpressionError` where types do not fit. */
export function typeExpression(expression: Expression, scope: TypeScope): TypedValue {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "name":
      return scope.resolve(expression.name, expression.at);
    case "unary": {
      const value = typeExpression(expression.argument, scope);
      if (expression.operator === "-") {
        if (typeof value === "number") return -value;
        return scope.builder.unary(
          "neg",
          expectType(value, ["f32", "i32"], "-", expression.at, scope),
        );
      }
      if (typeof value === "number") return Number(value === 0);
      const types: NodeType[] = ["bool", "i32", "u32"];
      return scope.builder.unary("not", expectType(value, types, "!", expression.at, scope));
    }
    case "binary": {
      const left = typeExpression(expression.left, scope);
      const right = typeExpression(expression.right, scope);
      return combine(expression.operator, left, right, expression.at, scope);
    }
    case "call":
      return typeCall(expression, scope);
  }
}

/** The node of a value; a number becomes a constant of `type`. */
export function toNode(value: TypedValue, type: NodeType, at: number, scope: TypeScope): DagNode {
  if (typeof value !== "number") return value;
  const range: Partial<Record<NodeType, readonly [number, number]>> = {
    i32: [-(2 ** 31), 2 ** 31 - 1],
    u32: [0, 2 ** 32 - 1],
    bool: [0, 1],
  };
  const [least, most] = range[type] ?? [-Infinity, Infinity];
  if (type !== "f32" && !(Number.isInteger(value) && value >= least && value <= most)) {
    throw new ExpressionError(`Cannot type expression: ${value} is not a ${type}`, scope.text, at);
  }
  return scope.builder.constant(type, value);
}

function combine(
  operator: Extract<Expression, { kind: "binary" }>["operator"],
  left: TypedValue,
  right: TypedValue,
  at: number,
  scope: TypeScope,
): TypedValue {
  if (typeof left === "number" && typeof right === "number") return BINARY[operator](left, right);
  if (operator === ">") return combine("<", right, left, at, scope);
  if (operator === ">=") return combine("<=", right, left, at, scope);
  const type = typeof left === "number" ? (right as DagNode).type : left.type;
  const allowed = OPERAND_TYPES[operator] ?? NUMERIC;
  const a = expectType(toNode(left, type, at, scope), allowed, operator, at, scope);
  // The amount of a shift may be of either integer type.
  const isShift = operator === "<<" || operator === ">>";
  const b = toNode(right, type, at, scope);
  if (b.type !== type && !(isShift && NUMERIC.slice(1).includes(b.type))) {
    throw new ExpressionError(
      `Cannot type expression: "${operator}" got ${type} and ${b.type}, convert one with ` +
        `${type}(...) or ${b.type}(...)`,
      scope.text,
      at,
    );
  }
  return scope.builder.binary(
    OPCODES[operator],
    a,
    isShift && b.type !== type ? scope.builder.convert("bits", type, b) : b,
  );
}

/** `value`, whose type must be one of `types`. */
export function expectType(
  value: DagNode,
  types: readonly NodeType[],
  user: string,
  at: number,
  scope: TypeScope,
): DagNode {
  if (types.includes(value.type)) return value;
  throw new ExpressionError(
    `Cannot type expression: "${user}" takes ${types.join(" or ")}, got ${value.type}`,
    scope.text,
    at,
  );
}

function typeCall(expression: CallExpression, scope: TypeScope): TypedValue {
  const { name, at } = expression;
  const special = scope.callProgramFunction;
  if (special && ["sum_over", "max_over", "index", "at"].includes(name)) return special(expression);
  const args = expression.args.map((arg) => typeExpression(arg, scope));
  const { builder } = scope;
  const scalar = Object.hasOwn(SCALAR_FUNCTIONS, name) ? SCALAR_FUNCTIONS[name] : undefined;
  const numbers = args.filter((arg) => typeof arg === "number");
  if (scalar && numbers.length === args.length) return scalar.evaluate(...numbers);
  const f32 = (i: number) =>
    expectType(toNode(args[i], "f32", at, scope), ["f32"], name, at, scope);
  if (scalar?.definition !== undefined) {
    const values = new Map(scalar.parameters.map((parameter, i) => [parameter, f32(i)]));
    return typeExpression(parseExpression(scalar.definition), {
      builder,
      text: scalar.definition,
      resolve: (parameter) => values.get(parameter) ?? 0,
    });
  }
  switch (name) {
    case "where": {
      const [condition, a, b] = args;
      if (typeof condition === "number") return condition !== 0 ? a : b;
      const test = expectType(condition, ["bool"], "where", at, scope);
      const type = typeof a !== "number" ? a.type : typeof b !== "number" ? b.type : "f32";
      const otherwise = expectType(toNode(b, type, at, scope), [type], "where", at, scope);
      return builder.select(test, toNode(a, type, at, scope), otherwise);
    }
    case "min":
    case "max":
      return combineFunction(name, args[0], args[1], at, scope);
    case "abs":
      return builder.unary(
        "abs",
        expectType(toNode(args[0], "f32", at, scope), ["f32", "i32"], name, at, scope),
      );
    case "fma":
      return builder.ternary("fma", f32(0), f32(1), f32(2));
    case "rsqrt":
      return builder.binary("div", builder.constant("f32", 1), builder.unary("sqrt", f32(0)));
    case "pow":
      if (typeof args[1] === "number") return powNode(builder, f32(0), args[1]);
      throw new ExpressionError(
        "Cannot type expression: the exponent of pow must be a constant",
        scope.text,
        at,
      );
    case "exp":
    case "log":
    case "tanh":
    case "erf":
    case "sin":
    case "cos":
    case "sqrt":
    case "floor":
    case "round":
    case "flush":
      return builder.unary(name, f32(0));
    case "f32":
    case "i32":
    case "u32": {
      const [arg] = args;
      const whole = typeof arg === "number" && name !== "f32" ? Math.trunc(arg) : arg;
      return builder.convert("cast", name, toNode(whole, name, at, scope));
    }
    case "bits_f32":
    case "bits_i32":
    case "bits_u32": {
      const to = name === "bits_f32" ? "f32" : name === "bits_i32" ? "i32" : "u32";
      const value = toNode(args[0], to === "f32" ? "u32" : "f32", at, scope);
      return builder.convert("bits", to, expectType(value, NUMERIC, name, at, scope));
    }
    case "random": {
      const words = args.map((arg) =>
        expectType(toNode(arg, "u32", at, scope), ["u32"], name, at, scope)
      );
      return threefryNode(builder, words[0], words[1], words[2]);
    }
    default:
      throw new ExpressionError(
        `Cannot type expression: ${name} is not possible here`,
        scope.text,
        at,
      );
  }
}

function combineFunction(
  name: "min" | "max",
  left: TypedValue,
  right: TypedValue,
  at: number,
  scope: TypeScope,
): DagNode {
  const type = typeof left !== "number"
    ? left.type
    : typeof right !== "number"
    ? right.type
    : "f32";
  const a = expectType(toNode(left, type, at, scope), NUMERIC, name, at, scope);
  return scope.builder.binary(
    name,
    a,
    expectType(toNode(right, type, at, scope), [type], name, at, scope),
  );
}
