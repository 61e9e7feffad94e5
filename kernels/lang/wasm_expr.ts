/**
 * Typed WebAssembly expressions: small functions that build instructions as values, checked by
 * TypeScript. `f32x4.add(a, b)` is an expression of type v128; `wasm_code.ts` writes statements.
 */

/** Value types of expressions and locals. */
export type ValueType = "i32" | "f32" | "v128";

/** Encoded instructions as a tree, flattened once per function. */
export type Code = number | readonly Code[];

/** An expression: code that leaves one value of type `T` on the stack. */
export interface Expr<T extends ValueType> {
  readonly type: T;
  readonly code: Code;
}

/** An i32 expression: addresses, counters, conditions, scalar integers. */
export type I32 = Expr<"i32">;
/** An f32 expression. */
export type F32 = Expr<"f32">;
/** A vector of four 32-bit lanes, floats or integers. */
export type V128 = Expr<"v128">;

/** A local variable or a parameter; used as an expression it is read. */
export interface Local<T extends ValueType> extends Expr<T> {
  readonly index: number;
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (value >>>= 0; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (value |= 0; value < -64 || value > 63; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value & 0x7f);
  return bytes;
}

/** The four bytes of a 32-bit float, little endian. */
function floatBytes(value: number): number[] {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [...bytes];
}

/** The four bytes of a 32-bit integer, little endian. */
function intBytes(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}

/** Opcode of a vector instruction. */
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

/**
 * Alignment hint (4 bytes, which every tensor element has) and constant offset of an access. Keep
 * offsets small: V8 emits slower code for large ones, so pointers belong in locals.
 */
const memarg = (offset: number): number[] => [2, ...unsigned(offset)];

/** Joins operands and an instruction. */
function make<T extends ValueType>(type: T, ...code: Code[]): Expr<T> {
  return { type, code };
}

const unary =
  <A extends ValueType, T extends ValueType>(_from: A, to: T, ...code: number[]) =>
  (a: Expr<A>): Expr<T> => make(to, a.code, code);

const binary =
  <A extends ValueType, B extends ValueType, T extends ValueType>(_a: A, _b: B, to: T) =>
  (...code: number[]) =>
  (a: Expr<A>, b: Expr<B>): Expr<T> => make(to, a.code, b.code, code);

const i32Binary = binary("i32", "i32", "i32");
const f32Binary = binary("f32", "f32", "f32");
const f32Compare = binary("f32", "f32", "i32");
const f32Unary = (opcode: number) => unary("f32", "f32", opcode);
const v128Unary = (opcode: number) => unary("v128", "v128", ...simd(opcode));
const v128Binary = (opcode: number) => binary("v128", "v128", "v128")(...simd(opcode));
const v128Shift = (opcode: number) => binary("v128", "i32", "v128")(...simd(opcode));
const v128Ternary = (opcode: number) => (a: V128, b: V128, c: V128): V128 =>
  make("v128", a.code, b.code, c.code, simd(opcode));

/** A load of one 32-bit element or vector from `address + offset` (bytes). */
const load =
  <T extends ValueType>(type: T, ...code: number[]) => (address: I32, offset = 0): Expr<T> =>
    make(type, address.code, code, memarg(offset));

/** `condition != 0 ? a : b` on the stack, both evaluated. */
export function select<T extends ValueType>(condition: I32, a: Expr<T>, b: Expr<T>): Expr<T> {
  const code = a.type === "v128" ? [0x1c, 1, 0x7b] : [0x1b];
  return make(a.type, a.code, b.code, condition.code, code);
}

/** Scalar integers. Comparisons and shifts come signed and unsigned; conditions are 0 or 1. */
export const i32 = {
  const: (value: number): I32 => make("i32", 0x41, signed(value)),
  load: load("i32", 0x28),
  eqz: unary("i32", "i32", 0x45),
  eq: i32Binary(0x46),
  ne: i32Binary(0x47),
  ltS: i32Binary(0x48),
  ltU: i32Binary(0x49),
  gtS: i32Binary(0x4a),
  gtU: i32Binary(0x4b),
  leS: i32Binary(0x4c),
  leU: i32Binary(0x4d),
  geS: i32Binary(0x4e),
  geU: i32Binary(0x4f),
  add: i32Binary(0x6a),
  sub: i32Binary(0x6b),
  mul: i32Binary(0x6c),
  divS: i32Binary(0x6d),
  divU: i32Binary(0x6e),
  remS: i32Binary(0x6f),
  remU: i32Binary(0x70),
  and: i32Binary(0x71),
  or: i32Binary(0x72),
  xor: i32Binary(0x73),
  shl: i32Binary(0x74),
  shrS: i32Binary(0x75),
  shrU: i32Binary(0x76),
  rotl: i32Binary(0x77),
  min: (a: I32, b: I32): I32 => select(i32.ltS(a, b), a, b),
  max: (a: I32, b: I32): I32 => select(i32.gtS(a, b), a, b),
  /** Saturating conversions, NaN gives 0. */
  truncSatS: unary("f32", "i32", 0xfc, 0),
  truncSatU: unary("f32", "i32", 0xfc, 1),
  /** The bits of a float. */
  reinterpret: unary("f32", "i32", 0xbc),
} as const;

/** Scalar floats. */
export const f32 = {
  const: (value: number): F32 => make("f32", 0x43, floatBytes(value)),
  load: load("f32", 0x2a),
  eq: f32Compare(0x5b),
  ne: f32Compare(0x5c),
  lt: f32Compare(0x5d),
  gt: f32Compare(0x5e),
  le: f32Compare(0x5f),
  ge: f32Compare(0x60),
  abs: f32Unary(0x8b),
  neg: f32Unary(0x8c),
  ceil: f32Unary(0x8d),
  floor: f32Unary(0x8e),
  trunc: f32Unary(0x8f),
  nearest: f32Unary(0x90),
  sqrt: f32Unary(0x91),
  add: f32Binary(0x92),
  sub: f32Binary(0x93),
  mul: f32Binary(0x94),
  div: f32Binary(0x95),
  min: f32Binary(0x96),
  max: f32Binary(0x97),
  copysign: f32Binary(0x98),
  convertS: unary("i32", "f32", 0xb2),
  convertU: unary("i32", "f32", 0xb3),
  /** The float with these bits. */
  reinterpret: unary("i32", "f32", 0xbe),
} as const;

/** Vectors as bits. */
export const v128 = {
  load: load("v128", ...simd(0)),
  /** One element in all four lanes. */
  load32Splat: load("v128", ...simd(9)),
  /** One element in lane 0, zeros elsewhere. */
  load32Zero: load("v128", ...simd(92)),
  /** `vector` with one lane replaced from memory. */
  load32Lane: (address: I32, vector: V128, lane: number, offset = 0): V128 =>
    make("v128", address.code, vector.code, simd(86), memarg(offset), lane),
  /** Lanes `0..7` count through `a` then `b`. */
  shuffle: (a: V128, b: V128, lanes: readonly [number, number, number, number]): V128 =>
    make(
      "v128",
      a.code,
      b.code,
      simd(13),
      lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
    ),
  not: v128Unary(77),
  and: v128Binary(78),
  /** `a & ~b` */
  andnot: v128Binary(79),
  or: v128Binary(80),
  xor: v128Binary(81),
  /** `(a & mask) | (b & ~mask)` */
  bitselect: v128Ternary(82),
  anyTrue: unary("v128", "i32", ...simd(83)),
} as const;

/** Vectors of four floats. Comparisons give lanes of all ones or all zeros. */
export const f32x4 = {
  const: (a: number, b = a, c = a, d = a): V128 =>
    make("v128", simd(12), [a, b, c, d].map(floatBytes)),
  splat: unary("f32", "v128", ...simd(19)),
  extractLane: (vector: V128, lane: number): F32 => make("f32", vector.code, simd(31), lane),
  replaceLane: (vector: V128, lane: number, value: F32): V128 =>
    make("v128", vector.code, value.code, simd(32), lane),
  eq: v128Binary(65),
  ne: v128Binary(66),
  lt: v128Binary(67),
  gt: v128Binary(68),
  le: v128Binary(69),
  ge: v128Binary(70),
  ceil: v128Unary(103),
  floor: v128Unary(104),
  trunc: v128Unary(105),
  nearest: v128Unary(106),
  abs: v128Unary(224),
  neg: v128Unary(225),
  sqrt: v128Unary(227),
  add: v128Binary(228),
  sub: v128Binary(229),
  mul: v128Binary(230),
  div: v128Binary(231),
  min: v128Binary(232),
  max: v128Binary(233),
  /** `b < a ? b : a` */
  pmin: v128Binary(234),
  /** `a < b ? b : a` */
  pmax: v128Binary(235),
  convertS: v128Unary(250),
  convertU: v128Unary(251),
  /** `a * b + c`, rounded once or twice as the CPU has it. */
  relaxedMadd: v128Ternary(0x105),
  /** `c - a * b`, rounded once or twice as the CPU has it. */
  relaxedNmadd: v128Ternary(0x106),
} as const;

/** Vectors of four integers. Comparisons give lanes of all ones or all zeros. */
export const i32x4 = {
  const: (a: number, b = a, c = a, d = a): V128 =>
    make("v128", simd(12), [a, b, c, d].map(intBytes)),
  splat: unary("i32", "v128", ...simd(17)),
  extractLane: (vector: V128, lane: number): I32 => make("i32", vector.code, simd(27), lane),
  replaceLane: (vector: V128, lane: number, value: I32): V128 =>
    make("v128", vector.code, value.code, simd(28), lane),
  eq: v128Binary(55),
  ne: v128Binary(56),
  ltS: v128Binary(57),
  ltU: v128Binary(58),
  gtS: v128Binary(59),
  gtU: v128Binary(60),
  leS: v128Binary(61),
  leU: v128Binary(62),
  geS: v128Binary(63),
  geU: v128Binary(64),
  abs: v128Unary(160),
  neg: v128Unary(161),
  allTrue: unary("v128", "i32", ...simd(163)),
  bitmask: unary("v128", "i32", ...simd(164)),
  shl: v128Shift(171),
  shrS: v128Shift(172),
  shrU: v128Shift(173),
  add: v128Binary(174),
  sub: v128Binary(177),
  mul: v128Binary(181),
  minS: v128Binary(182),
  minU: v128Binary(183),
  maxS: v128Binary(184),
  maxU: v128Binary(185),
  truncSatS: v128Unary(248),
  truncSatU: v128Unary(249),
} as const;
