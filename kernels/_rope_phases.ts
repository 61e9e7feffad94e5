/**
 * Angles of `rope` as its kernels compute them. They are kept in turns as 32-bit fractions, so that
 * whole turns drop out of the product with the position exactly; 16 more bits keep it exact to
 * 2^-32 turns up to position 2^24.
 */

/** A number of turns below 1 in units of 2^-32, and the rest of it in units of 2^-48. */
export function fixedTurns(turns: number): { readonly high: number; readonly low: number } {
  const units = turns * 2 ** 32;
  const high = Math.floor(units);
  return { high, low: Math.floor((units - high) * 2 ** 16) };
}

/** Radians of one unit of 2^-32 turns. */
export const RADIANS_PER_UNIT = 2 * Math.PI / 2 ** 32;

/**
 * Taylor series in x^2 of sin(x) / x and cos(x), the highest power first: on [-pi/4, pi/4] the
 * terms left out are below 2e-9.
 */
export const SINE_SERIES = [1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1];
/** See `SINE_SERIES`. */
export const COSINE_SERIES = [1 / 40320, -1 / 720, 1 / 24, -1 / 2, 1];
