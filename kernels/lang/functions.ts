/**
 * The functions of expressions, as data: what they mean in double precision, their derivatives, and
 * for composed ones their definition. Texts in `definition` and `partials` are expressions over the
 * parameter names.
 */

import { erf, flush, roundToEven } from "./scalar_math.ts";

/** One function on scalars. */
export interface ScalarFunction {
  readonly parameters: readonly string[];
  readonly doc: string;
  /** Value in double precision; conditions are 0 or 1. */
  readonly evaluate: (...args: number[]) => number;
  /** For a composed function, what it stands for; kernels compute this. */
  readonly definition?: string;
  /** Partial derivative for each parameter; absent where it is zero everywhere it exists. */
  readonly partials?: readonly string[];
}

/** Functions that `map` expressions and kernel programs may use. */
export const SCALAR_FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  exp: {
    parameters: ["x"],
    doc: "e to the power x; below the smallest normal float it is 0",
    evaluate: Math.exp,
    partials: ["exp(x)"],
  },
  log: {
    parameters: ["x"],
    doc: "natural logarithm",
    evaluate: Math.log,
    partials: ["1 / x"],
  },
  tanh: {
    parameters: ["x"],
    doc: "hyperbolic tangent",
    evaluate: Math.tanh,
    partials: ["1 - tanh(x) * tanh(x)"],
  },
  erf: {
    parameters: ["x"],
    doc: "error function",
    evaluate: erf,
    partials: ["1.1283791670955126 * exp(-x * x)"],
  },
  sin: {
    parameters: ["x"],
    doc: "sine of x in radians",
    evaluate: Math.sin,
    partials: ["cos(x)"],
  },
  cos: {
    parameters: ["x"],
    doc: "cosine of x in radians",
    evaluate: Math.cos,
    partials: ["-sin(x)"],
  },
  sqrt: {
    parameters: ["x"],
    doc: "square root",
    evaluate: Math.sqrt,
    partials: ["0.5 / sqrt(x)"],
  },
  rsqrt: {
    parameters: ["x"],
    doc: "1 / sqrt(x)",
    evaluate: (x) => 1 / Math.sqrt(x),
    partials: ["-0.5 * rsqrt(x) / x"],
  },
  abs: {
    parameters: ["x"],
    doc: "absolute value",
    evaluate: Math.abs,
    partials: ["where(x > 0, 1, where(x < 0, -1, 0))"],
  },
  min: {
    parameters: ["a", "b"],
    doc: "the smaller one; a NaN in `a` passes",
    evaluate: (a, b) => b < a ? b : a,
    partials: ["where(a <= b, 1, 0)", "where(a <= b, 0, 1)"],
  },
  max: {
    parameters: ["a", "b"],
    doc: "the larger one; a NaN in `a` passes",
    evaluate: (a, b) => a < b ? b : a,
    partials: ["where(a >= b, 1, 0)", "where(a >= b, 0, 1)"],
  },
  floor: { parameters: ["x"], doc: "next integer below", evaluate: Math.floor },
  round: { parameters: ["x"], doc: "nearest integer, ties to even", evaluate: roundToEven },
  pow: {
    parameters: ["x", "c"],
    doc: "x to a constant power; for a power that is no integer, x must not be negative",
    evaluate: Math.pow,
    partials: ["c * pow(x, c - 1)", "0"],
  },
  fma: {
    parameters: ["a", "b", "c"],
    doc: "a * b + c",
    evaluate: (a, b, c) => a * b + c,
    partials: ["b", "a", "1"],
  },
  where: {
    parameters: ["c", "a", "b"],
    doc: "a where the condition c holds, else b",
    evaluate: (c, a, b) => c !== 0 ? a : b,
    partials: ["0", "where(c, 1, 0)", "where(c, 0, 1)"],
  },
  flush: {
    parameters: ["x"],
    doc: "0 where |x| < 1.2e-38 (denormals are slow), else x",
    evaluate: flush,
    partials: ["1"],
  },
  sigmoid: {
    parameters: ["x"],
    doc: "1 / (1 + exp(-x))",
    evaluate: (x) => 1 / (1 + Math.exp(-x)),
    definition: "1 / (1 + exp(-x))",
    partials: ["sigmoid(x) * (1 - sigmoid(x))"],
  },
  silu: {
    parameters: ["x"],
    doc: "x * sigmoid(x)",
    evaluate: (x) => x / (1 + Math.exp(-x)),
    definition: "x / (1 + exp(-x))",
    partials: ["sigmoid(x) * (1 + x * (1 - sigmoid(x)))"],
  },
  relu: {
    parameters: ["x"],
    doc: "max(x, 0)",
    evaluate: (x) => x < 0 ? 0 : x,
    definition: "max(x, 0)",
    partials: ["where(x > 0, 1, 0)"],
  },
  gelu: {
    parameters: ["x"],
    doc: "x times the normal distribution function of x, by erf",
    evaluate: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    definition: "0.5 * x * (1 + erf(0.7071067811865476 * x))",
    partials: [
      "0.5 * (1 + erf(0.7071067811865476 * x)) + 0.3989422804014327 * x * exp(-0.5 * x * x)",
    ],
  },
  gelu_tanh: {
    parameters: ["x"],
    doc: "gelu by its tanh approximation",
    evaluate: (x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))),
    // 0.5 * (1 + tanh(u)) is sigmoid(2 u).
    definition: "x * sigmoid(x * (1.5957691216057308 + 0.07135481282553614 * x * x))",
    partials: [
      "sigmoid(x * (1.5957691216057308 + 0.07135481282553614 * x * x)) * " +
      "(1 + x * (1 - sigmoid(x * (1.5957691216057308 + 0.07135481282553614 * x * x))) * " +
      "(1.5957691216057308 + 0.21406443847660842 * x * x))",
    ],
  },
};

/** Functions that only kernel programs have, with the number of their positional arguments. */
export const PROGRAM_FUNCTIONS: Readonly<Record<string, { args: number; doc: string }>> = {
  sum_over: { args: 1, doc: "sum over the `over` dims, one value per row" },
  max_over: { args: 1, doc: "maximum over the `over` dims, one value per row" },
  index: { args: 1, doc: "the i32 coordinate along a dim" },
  at: { args: 1, doc: "an operand at given i32 coordinates: at(x, D = i)" },
  f32: { args: 1, doc: "conversion to f32; a condition gives 0 or 1" },
  i32: { args: 1, doc: "conversion to i32, toward zero, saturating" },
  u32: { args: 1, doc: "conversion to u32, toward zero, saturating" },
  bits_f32: { args: 1, doc: "the f32 that has these bits" },
  bits_i32: { args: 1, doc: "the bits as i32" },
  bits_u32: { args: 1, doc: "the bits as u32" },
  random: { args: 3, doc: "random u32 for (key0, key1, counter): Threefry-2x32-20, first word" },
};
