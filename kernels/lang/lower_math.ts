/**
 * Exponentials, logarithms and the like from additions, multiplications and bit operations, in
 * 32-bit floats. Error bounds are those measured against double precision over dense grids; the
 * tests hold them.
 */

import { type DagBuilder, type DagNode, reachable, rewriteDag } from "./dag.ts";
import { SMALLEST_NORMAL } from "./scalar_math.ts";

/** Adding this to a float below 2^22 leaves its nearest integer in the low bits. */
const ROUNDER = 1.5 * 2 ** 23;
const EXPONENT_BIAS = 127;
const MANTISSA_BITS = 23;
const LOG2_E = 1.4426950408889634;
/** ln 2 in two parts; multiples of the first up to 2^15 are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444005469057e-4;
/** Where exp passes the smallest normal float, and where it overflows. */
const EXP_LEAST = -87.3365;
const EXP_MOST = 88.7;
/** (e^r - 1 - r) / r^2 on |r| <= ln(2) / 2, relative error of e^r 3.3e-9. */
const EXP_COEFFICIENTS = [
  0.4999999403953552,
  0.16666515171527863,
  0.04166845604777336,
  0.00836941134184599,
  0.001381315873004496,
];
/** -ln(erfc(t)) / t on 0 <= t <= 4, error of erf 3.6e-8. */
const ERF_COEFFICIENTS = [
  1.128379225730896,
  0.6366164684295654,
  0.10281441360712051,
  -0.019321713596582413,
  0.00020571108325384557,
  0.0012517510913312435,
  -0.00038100258097983897,
  4.070824070367962e-5,
];
/** (ln(1 + f) - f + f^2 / 2) / f^3 on sqrt(1/2) <= 1 + f <= sqrt(2) (Cephes, logf). */
const LOG_COEFFICIENTS = [
  0.33333331174,
  -0.24999993993,
  0.20000714765,
  -0.16668057665,
  0.14249322787,
  -0.12420140846,
  0.1167699874,
  -0.1151461031,
  0.070376836292,
];
/** Bits of sqrt(1/2), where the mantissa's range starts. */
const SQRT_HALF_BITS = 0x3f3504f3;
/** pi / 2 in three parts; multiples of the first two up to 2^15 are exact or nearly so. */
const HALF_PI = [1.5703125, 4.837512969970703125e-4, 7.549789954891882e-8];
const SIN_COEFFICIENTS = [-0.16666654611, 8.3321608736e-3, -1.9515295891e-4];
const COS_COEFFICIENTS = [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5];
const SIGN_BIT = 2 ** 31;

/**
 * How floats are rounded to integers: by the addition of a number whose neighbours are 1 apart, or
 * by the operation `round`, where a compiler may take such an addition and its subtraction for
 * nothing.
 */
export type Rounding = "shift" | "round";

/** Replaces `exp log tanh erf sin cos flush` in what `roots` depend on by simpler operations. */
export function lowerMath(
  builder: DagBuilder,
  roots: readonly DagNode[],
  rounding: Rounding,
): DagNode[] {
  const math = mathOf(builder, rounding);
  return rewriteDag(roots, (node, args) => {
    switch (node.op) {
      case "exp":
      case "log":
      case "tanh":
      case "erf":
      case "sin":
      case "cos":
      case "flush":
        return math[node.op](args[0]);
      default:
        return builder.rebuild(node, args);
    }
  });
}

/** The functions as nodes. */
function mathOf(builder: DagBuilder, rounding: Rounding) {
  const c = (value: number) => builder.constant("f32", value);
  const u = (value: number) => builder.constant("u32", value);
  const i = (value: number) => builder.constant("i32", value);
  const fma = (a: DagNode, b: DagNode, d: DagNode) => builder.ternary("fma", a, b, d);
  const fnma = (a: DagNode, b: DagNode, d: DagNode) => builder.ternary("fnma", a, b, d);
  const { binary, select } = builder;
  const asF32 = (a: DagNode) => builder.convert("bits", "f32", a);
  const asU32 = (a: DagNode) => builder.convert("bits", "u32", a);
  const asI32 = (a: DagNode) => builder.convert("bits", "i32", a);
  /** Coefficients from the constant one up. */
  const polynomial = (x: DagNode, coefficients: readonly number[]) =>
    coefficients.slice(0, -1).reduceRight(
      (sum, coefficient) => fma(sum, x, c(coefficient)),
      c(coefficients[coefficients.length - 1]),
    );

  /**
   * The integer n nearest to `factor * x`, below 2^22, and a u32 that ends in the bits of n +
   * `bias`.
   */
  const nearest = (x: DagNode, factor: number, bias: number) => {
    const rounder = c(ROUNDER + bias);
    if (rounding === "shift") {
      const shifted = fma(x, c(factor), rounder);
      return { n: binary("sub", shifted, rounder), bits: asU32(shifted) };
    }
    const n = builder.unary("round", binary("mul", x, c(factor)));
    return { n, bits: asU32(binary("add", n, rounder)) };
  };

  /** Splits x into n ln(2) + r, |r| <= ln(2) / 2, with 2^n. */
  const splitPower = (x: DagNode) => {
    const { n, bits } = nearest(x, LOG2_E, EXPONENT_BIAS);
    const r = fnma(n, c(LN2_LOW), fnma(n, c(LN2_HIGH), x));
    return { r, power: asF32(binary("shl", bits, u(MANTISSA_BITS))) };
  };
  /** e^r - 1 for small r, without loss of digits. */
  const smallExpm1 = (r: DagNode) => fma(polynomial(r, EXP_COEFFICIENTS), binary("mul", r, r), r);

  /** sin for an even quarter turn, cos for an odd one. */
  const sine = (x: DagNode, quarters: number) => {
    const { n, bits } = nearest(x, 2 / Math.PI, 0);
    const r = HALF_PI.reduce((rest, part) => fnma(n, c(part), rest), x);
    const quarter = binary("add", bits, u(quarters));
    const z = binary("mul", r, r);
    const sin = fma(binary("mul", polynomial(z, SIN_COEFFICIENTS), z), r, r);
    const cos = fma(
      binary("mul", polynomial(z, COS_COEFFICIENTS), z),
      z,
      fnma(z, c(0.5), c(1)),
    );
    const isEven = binary("eq", binary("and", quarter, u(1)), u(0));
    const sign = binary("shl", binary("and", quarter, u(2)), u(30));
    return asF32(binary("xor", asU32(select(isEven, sin, cos)), sign));
  };

  return {
    /** Relative error at most 8e-8 on [-87.3, 88.3]; 0 below, infinite above. */
    exp(x: DagNode): DagNode {
      const { r, power } = splitPower(binary("min", x, c(EXP_MOST)));
      const mantissa = fma(fma(polynomial(r, EXP_COEFFICIENTS), r, c(1)), r, c(1));
      // Below, 2^n is garbage; a NaN is not below.
      return select(binary("lt", x, c(EXP_LEAST)), c(0), binary("mul", mantissa, power));
    },

    /** Relative error at most 1e-7 (absolute near 1); denormals included. */
    log(x: DagNode): DagNode {
      const isTiny = binary("lt", x, c(SMALLEST_NORMAL));
      const scaled = select(isTiny, binary("mul", x, c(2 ** MANTISSA_BITS)), x);
      const bits = asI32(scaled);
      const exponentBits = binary(
        "and",
        binary("sub", bits, i(SQRT_HALF_BITS)),
        i(~((1 << MANTISSA_BITS) - 1)),
      );
      const f = binary("sub", asF32(binary("sub", bits, exponentBits)), c(1));
      const shift = select(isTiny, c(-MANTISSA_BITS), c(0));
      const k = fma(builder.convert("cast", "f32", exponentBits), c(2 ** -MANTISSA_BITS), shift);
      const z = binary("mul", f, f);
      const tail = binary("mul", binary("mul", f, z), polynomial(f, LOG_COEFFICIENTS));
      const low = fnma(z, c(0.5), fma(k, c(LN2_LOW), tail));
      const finite = fma(k, c(LN2_HIGH), binary("add", f, low));
      const positive = select(binary("lt", x, c(Infinity)), finite, x);
      const other = select(binary("eq", x, c(0)), c(-Infinity), c(NaN));
      return select(binary("lt", c(0), x), positive, other);
    },

    /** Relative error at most 2.5e-7: (e^2x - 1) / (e^2x + 1). */
    tanh(x: DagNode): DagNode {
      const bounded = binary("max", binary("min", x, c(10)), c(-10));
      const { r, power } = splitPower(binary("add", bounded, bounded));
      const expm1 = fma(power, smallExpm1(r), binary("sub", power, c(1)));
      return binary("div", expm1, binary("add", expm1, c(2)));
    },

    /** Absolute error at most 1e-7, relative at most 2.1e-7: 1 - e^(ln erfc |x|). */
    erf(x: DagNode): DagNode {
      const t = binary("min", builder.unary("abs", x), c(4));
      const logarithm = binary("mul", polynomial(t, ERF_COEFFICIENTS), builder.unary("neg", t));
      const { r, power } = splitPower(logarithm);
      const size = fnma(power, smallExpm1(r), binary("sub", c(1), power));
      return asF32(binary("or", asU32(size), binary("and", asU32(x), u(SIGN_BIT))));
    },

    /** Absolute error at most 1.2e-7 for |x| <= 10,000. */
    sin: (x: DagNode) => sine(x, 0),
    cos: (x: DagNode) => sine(x, 1),

    flush(x: DagNode): DagNode {
      return select(binary("lt", builder.unary("abs", x), c(SMALLEST_NORMAL)), c(0), x);
    },
  };
}

/** Turns `a * b + c` and `c - a * b` into one operation where the product is used once. */
export function fuseMultiplyAdd(builder: DagBuilder, roots: readonly DagNode[]): DagNode[] {
  const uses = countUses(roots);
  return rewriteDag(roots, (node, args) => {
    if (node.type !== "f32" || (node.op !== "add" && node.op !== "sub")) {
      return builder.rebuild(node, args);
    }
    const isProduct = (at: number) =>
      args[at].op === "mul" && node.args[at].op === "mul" && uses.get(node.args[at]) === 1;
    if (isProduct(1)) {
      const op = node.op === "add" ? "fma" : "fnma";
      return builder.ternary(op, args[1].args[0], args[1].args[1], args[0]);
    }
    if (node.op === "add" && isProduct(0)) {
      return builder.ternary("fma", args[0].args[0], args[0].args[1], args[1]);
    }
    return builder.rebuild(node, args);
  });
}

/** How often each value is used, by others or as a root. */
export function countUses(roots: readonly DagNode[]): Map<DagNode, number> {
  const uses = new Map<DagNode, number>();
  const count = (node: DagNode) => uses.set(node, (uses.get(node) ?? 0) + 1);
  roots.forEach(count);
  for (const node of reachable(roots)) node.args.forEach(count);
  return uses;
}
