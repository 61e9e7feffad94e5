/** Powers with a constant exponent, from multiplications and roots where that is exact enough. */

import type { DagBuilder, DagNode } from "./dag.ts";

/** Largest whole exponent computed by multiplication. */
const MOST_FACTORS = 32;

/**
 * `x` to the power `exponent`. Whole and half exponents up to 32 are products of `x` and its square
 * root (relative error at most about 3e-8 per multiplication); others are exp(exponent * log(x)), with a
 * relative error of about 1e-7 * (1 + |exponent * log(x)|), for x >= 0.
 */
export function powNode(builder: DagBuilder, x: DagNode, exponent: number): DagNode {
  const size = Math.abs(exponent);
  if (size > MOST_FACTORS || !Number.isInteger(2 * size)) {
    const scale = builder.constant("f32", exponent);
    return builder.unary("exp", builder.binary("mul", scale, builder.unary("log", x)));
  }
  const one = builder.constant("f32", 1);
  let result = Number.isInteger(size) ? one : builder.unary("sqrt", x);
  let square = x;
  for (let rest = Math.floor(size); rest > 0; rest >>= 1) {
    if (rest % 2 === 1) result = builder.binary("mul", result, square);
    if (rest > 1) square = builder.binary("mul", square, square);
  }
  return exponent < 0 ? builder.binary("div", one, result) : result;
}
