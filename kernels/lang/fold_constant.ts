/** Evaluates operations on constants as the engines do. */

import type { NodeType, Opcode } from "./dag.ts";
import { flush, roundToEven } from "./scalar_math.ts";

/** The result of an operation on constants; undefined where it is left to the engine. */
export function foldConstant(
  op: Opcode,
  type: NodeType,
  from: NodeType,
  [a, b]: readonly number[],
): number | undefined {
  const integer = from === "u32" ? (value: number) => value >>> 0 : (value: number) => value | 0;
  if (op === "lt") return Number(a < b);
  if (op === "le") return Number(a <= b);
  if (op === "eq") return Number(a === b);
  if (op === "ne") return Number(a !== b);
  if (op === "cast") return castConstant(type, a);
  if (op === "bits") return bitsOf(type, from, a);
  if (from === "bool") {
    if (op === "not") return 1 - a;
    if (op === "and") return a & b;
    return op === "or" ? a | b : op === "xor" ? a ^ b : undefined;
  }
  if (from === "f32") {
    const value = foldFloat(op, a, b);
    return value === undefined ? undefined : Math.fround(value);
  }
  switch (op) {
    case "neg":
      return integer(-a);
    case "not":
      return integer(~a);
    case "add":
      return integer(a + b);
    case "sub":
      return integer(a - b);
    case "mul":
      return integer(Math.imul(a, b));
    case "div":
      return b === 0 ? undefined : integer(Math.trunc(a / b));
    case "rem":
      return b === 0 ? undefined : integer(a % b);
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
    case "and":
      return integer(a & b);
    case "or":
      return integer(a | b);
    case "xor":
      return integer(a ^ b);
    case "shl":
      return integer(a << b);
    case "shr":
      return from === "u32" ? a >>> b : a >> b;
    default:
      return undefined;
  }
}

function foldFloat(op: Opcode, a: number, b: number): number | undefined {
  switch (op) {
    case "neg":
      return -a;
    case "abs":
      return Math.abs(a);
    case "sqrt":
      return Math.sqrt(a);
    case "floor":
      return Math.floor(a);
    case "round":
      return roundToEven(a);
    case "flush":
      return flush(a);
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "div":
      return a / b;
    case "min":
      return b < a ? b : a;
    case "max":
      return a < b ? b : a;
    default:
      return undefined;
  }
}

/** Conversions saturate; NaN gives 0. */
function castConstant(type: NodeType, value: number): number {
  if (type === "f32") return Math.fround(value);
  if (type === "bool") return Number(value !== 0);
  const [least, most] = type === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return Number.isNaN(value) ? 0 : Math.min(Math.max(Math.trunc(value), least), most);
}

function bitsOf(type: NodeType, from: NodeType, value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  if (from === "f32") view.setFloat32(0, value);
  else view.setInt32(0, value);
  if (type === "f32") return view.getFloat32(0);
  return type === "i32" ? view.getInt32(0) : view.getUint32(0);
}
