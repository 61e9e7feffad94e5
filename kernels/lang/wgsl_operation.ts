/** Writes single operations of the kernel language as WGSL. */

import type { DagNode, NodeType, Opcode } from "./dag.ts";
import type { WgslFunctions } from "./wgsl_functions.ts";
import { wgslConstant, wgslType, type WgslWidth } from "./wgsl_text.ts";

const INFIX: Readonly<Partial<Record<Opcode, string>>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  rem: "%",
  and: "&",
  or: "|",
  xor: "^",
  lt: "<",
  le: "<=",
  eq: "==",
  ne: "!=",
};

/** A constant, in all elements of a vector. */
export function splatText(
  type: NodeType,
  value: number,
  width: WgslWidth,
  functions: WgslFunctions,
): string {
  const text = wgslConstant(type, value, () => functions.use("float_of", 1));
  return width === 1 ? text : `${wgslType(type, width)}(${text})`;
}

/** An operation on values of one width; infix ones come in parentheses. */
export function operationText(
  node: DagNode,
  args: readonly string[],
  width: WgslWidth,
  functions: WgslFunctions,
): string {
  const [a, b, c] = args;
  const { op, type } = node;
  const [left, right] = node.args;
  const from = left.type;
  const splat = (value: number) => splatText(type, value, width, functions);
  const call = (name: Parameters<WgslFunctions["use"]>[0]) =>
    `${functions.use(name, width)}(${args.join(", ")})`;
  switch (op) {
    case "neg":
      return `(-${a})`;
    case "not":
      return from === "bool" ? `(!${a})` : `(~${a})`;
    case "abs":
    case "sqrt":
    case "floor":
    case "round":
      return `${op}(${a})`;
    case "bits":
      return `bitcast<${wgslType(type, width)}>(${a})`;
    case "cast":
      if (from === "bool") {
        return `select(${splat(0)}, ${splat(1)}, ${a})`;
      }
      if (from === "f32") return call(type === "i32" ? "to_i32" : "to_u32");
      return `${wgslType(type, width)}(${a})`;
    case "select":
      return `select(${c}, ${b}, ${a})`;
    case "fma":
      return `fma(${a}, ${b}, ${c})`;
    case "fnma":
      return `fma(-${a}, ${b}, ${c})`;
    case "min":
    case "max":
      if (from === "f32") return call(op === "min" ? "least" : "most");
      return `${op}(${a}, ${b})`;
    case "shl":
    case "shr":
      return `(${a} ${op === "shl" ? "<<" : ">>"} ${shiftAmount(right, b, width, functions)})`;
    case "eq":
    case "ne":
      // A value that is not equal to itself is a NaN.
      if (from === "f32" && left === right) {
        const isNan = `${functions.use("is_nan", width)}(${a})`;
        return op === "ne" ? isNan : `(!${isNan})`;
      }
      // A NaN differs from all numbers, which WGSL compilers do not hold for true of "!=".
      if (from === "f32" && op === "ne") return `(!(${a} == ${b}))`;
      break;
    case "div":
    case "rem":
      // By a constant 0 the text would not compile; by a variable one WGSL gives the same.
      if (right.op === "const" && right.value === 0 && type !== "f32") {
        return op === "div" ? a : splat(0);
      }
      break;
    case "xor":
      if (type === "bool") return `(${a} != ${b})`;
      break;
    default:
  }
  const infix = INFIX[op];
  if (!infix) throw new Error(`Cannot emit ${op} of ${from}: no such operation`);
  return `(${a} ${infix} ${b})`;
}

/** The amount of a shift: its low five bits. */
function shiftAmount(
  node: DagNode,
  text: string,
  width: WgslWidth,
  functions: WgslFunctions,
): string {
  const splat = (value: number) => splatText("u32", value, width, functions);
  if (node.op === "const") return splat(node.value & 31);
  const bits = node.type === "u32" ? text : `${wgslType("u32", width)}(${text})`;
  return `(${bits} & ${splat(31)})`;
}

/** The sum or the maximum of two values; a NaN does not become a maximum. */
export function combineText(op: Opcode, type: NodeType, a: string, b: string): string {
  if (op === "sum") return `${a} + ${b}`;
  return type === "f32" ? `select(${a}, ${b}, ${a} < ${b})` : `max(${a}, ${b})`;
}

/** What changes nothing in a sum or maximum. */
export function neutralText(
  { op, type }: DagNode,
  width: WgslWidth,
  functions: WgslFunctions,
): string {
  const least = type === "f32" ? -Infinity : type === "i32" ? -(2 ** 31) : 0;
  return splatText(type, op === "sum" ? 0 : least, width, functions);
}
