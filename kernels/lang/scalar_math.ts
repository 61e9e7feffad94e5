/** Functions on doubles that JavaScript lacks: what references of ops and tests compare with. */

/** Magnitudes below this are flushed to zero: just above the smallest normal float. */
export const SMALLEST_NORMAL = 1.2e-38;

/** The error function in double precision (relative error about 1e-15). */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a > 2.5) return Math.sign(x) * (1 - erfcTail(a));
  // exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: all terms have the same sign.
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** 1 - erf(a) for a above 2, by its continued fraction. */
function erfcTail(a: number): number {
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction);
}

/** The nearest integer, ties to even. */
export function roundToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest < 0.5 || (rest === 0.5 && down % 2 === 0)) return down;
  return rest >= 0.5 ? down + 1 : x;
}

/** 0 where |x| is below the smallest normal float, else x. */
export function flush(x: number): number {
  return Math.abs(x) < SMALLEST_NORMAL ? 0 : x;
}
