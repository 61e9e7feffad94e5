/** Writes single operations of the kernel language as Wasm SIMD. */

import type { DagNode, NodeType } from "./dag.ts";
import type { FunctionWriter } from "./wasm_code.ts";
import { f32x4, type I32, i32, i32x4, select, unsigned, type V128, v128 } from "./wasm_expr.ts";

/** Lanes of a vector. */
export const LANES = 4;

/** A constant in all lanes; a condition is all ones or all zeros. */
export function constantVector(type: NodeType, value: number): V128 {
  if (type === "f32") return f32x4.const(value);
  return i32x4.const(type === "bool" ? -value : value);
}

/** `mask ? a : b` by lane, for masks of all ones or all zeros. */
export function selectLanes(a: V128, b: V128, mask: V128): V128 {
  // i32x4.relaxed_laneselect: one instruction on x86, and exact for such masks everywhere.
  return { type: "v128", code: [a.code, b.code, mask.code, [0xfd, ...unsigned(0x10b)]] };
}

/**
 * An operation on vectors. `isUniform` says that all lanes of an argument are equal; `f` gets locals
 * where an operation has to go lane by lane.
 */
export function operationVector(
  f: FunctionWriter,
  node: DagNode,
  args: readonly V128[],
  isUniform: (arg: DagNode) => boolean,
): V128 {
  const [a, b, c] = args;
  const { op, type } = node;
  const from = node.args[0].type;
  switch (op) {
    case "neg":
      return type === "f32" ? f32x4.neg(a) : i32x4.neg(a);
    case "abs":
      return type === "f32" ? f32x4.abs(a) : i32x4.abs(a);
    case "sqrt":
      return f32x4.sqrt(a);
    case "floor":
      return f32x4.floor(a);
    case "round":
      return f32x4.nearest(a);
    case "not":
      return v128.not(a);
    case "bits":
      return a;
    case "cast":
      return castVector(a, from, type);
    case "and":
      return v128.and(a, b);
    case "or":
      return v128.or(a, b);
    case "xor":
      return v128.xor(a, b);
    case "fma":
      return f32x4.relaxedMadd(a, b, c);
    case "fnma":
      return f32x4.relaxedNmadd(a, b, c);
    case "select": {
      const isZero = (arg: DagNode) => arg.op === "const" && Object.is(arg.value, 0);
      if (isZero(node.args[2])) return v128.and(b, a);
      return isZero(node.args[1]) ? v128.andnot(c, a) : selectLanes(b, c, a);
    }
    case "shl":
    case "shr":
      return shiftVector(f, node, a, b, isUniform);
    case "rem":
      return laneByLane(f, a, b, (x, y) => remainder(type, x, y));
    case "div":
      return type === "f32" ? f32x4.div(a, b) : laneByLane(f, a, b, (x, y) => quotient(type, x, y));
    default: {
      const table = from === "f32" ? FLOAT : from === "u32" ? UNSIGNED : SIGNED;
      const operation = table[op];
      if (!operation) throw new Error(`Cannot emit ${op} of ${from}: no such operation`);
      return operation(a, b);
    }
  }
}

type VectorOperation = (a: V128, b: V128) => V128;

const FLOAT: Readonly<Partial<Record<string, VectorOperation>>> = {
  add: f32x4.add,
  sub: f32x4.sub,
  mul: f32x4.mul,
  min: f32x4.pmin,
  max: f32x4.pmax,
  lt: f32x4.lt,
  le: f32x4.le,
  eq: f32x4.eq,
  ne: f32x4.ne,
};

const SIGNED: Readonly<Partial<Record<string, VectorOperation>>> = {
  add: i32x4.add,
  sub: i32x4.sub,
  mul: i32x4.mul,
  min: i32x4.minS,
  max: i32x4.maxS,
  lt: i32x4.ltS,
  le: i32x4.leS,
  eq: i32x4.eq,
  ne: i32x4.ne,
};

const UNSIGNED: Readonly<Partial<Record<string, VectorOperation>>> = {
  ...SIGNED,
  min: i32x4.minU,
  max: i32x4.maxU,
  lt: i32x4.ltU,
  le: i32x4.leU,
};

/** The sum or maximum of two vectors; a NaN does not become a maximum. */
export function combineVectors(op: "sum" | "maximum", type: NodeType, a: V128, b: V128): V128 {
  const table = type === "f32" ? FLOAT : type === "u32" ? UNSIGNED : SIGNED;
  return table[op === "sum" ? "add" : "max"]!(a, b);
}

function castVector(a: V128, from: NodeType, to: NodeType): V128 {
  if (from === "bool") return v128.and(a, constantVector(to, 1));
  if (to === "f32") return from === "i32" ? f32x4.convertS(a) : f32x4.convertU(a);
  if (from !== "f32") return a;
  return to === "i32" ? i32x4.truncSatS(a) : i32x4.truncSatU(a);
}

function shiftVector(
  f: FunctionWriter,
  node: DagNode,
  a: V128,
  b: V128,
  isUniform: (arg: DagNode) => boolean,
): V128 {
  const amount = node.args[1];
  const [vector, scalar] = node.op === "shl"
    ? [i32x4.shl, i32.shl]
    : node.type === "u32"
    ? [i32x4.shrU, i32.shrU]
    : [i32x4.shrS, i32.shrS];
  if (amount.op === "const") return vector(a, i32.const(amount.value));
  return isUniform(amount) ? vector(a, i32x4.extractLane(b, 0)) : laneByLane(f, a, b, scalar);
}

/** Division toward zero; by 0 it gives the dividend, where Wasm would trap. */
function quotient(type: NodeType, a: I32, b: I32): I32 {
  const one = i32.const(1);
  if (type === "u32") return i32.divU(a, select(b, b, one));
  // The least integer over -1 would trap as well.
  const isMinusOne = i32.eq(b, i32.const(-1));
  const safe = select(i32.or(i32.eqz(b), isMinusOne), one, b);
  return select(isMinusOne, i32.sub(i32.const(0), a), i32.divS(a, safe));
}

/** The remainder of `quotient`, with the sign of the dividend; by 0 it is 0. */
function remainder(type: NodeType, a: I32, b: I32): I32 {
  const safe = select(b, b, i32.const(1));
  return type === "u32" ? i32.remU(a, safe) : i32.remS(a, safe);
}

/** Computes each lane by scalar code. */
function laneByLane(
  f: FunctionWriter,
  a: V128,
  b: V128,
  compute: (x: I32, y: I32) => I32,
): V128 {
  const [left, right] = [f.hold(a), f.hold(b)];
  const lane = (at: number): I32 => {
    const x = f.hold(i32x4.extractLane(left, at));
    return compute(x, f.hold(i32x4.extractLane(right, at)));
  };
  let vector: V128 = f.hold(i32x4.splat(lane(0)));
  for (let at = 1; at < LANES; at++) vector = f.hold(i32x4.replaceLane(vector, at, lane(at)));
  return vector;
}
