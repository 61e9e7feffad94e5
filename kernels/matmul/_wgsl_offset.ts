/** Where elements of an operand are, as WGSL expressions. */

import { type Axis, extent } from "./contraction.ts";

/**
 * Offset in one operand of a flat index over a group of axes, in units of `unit` elements (1 or 4): a
 * u32 expression. For units of 4, an axis whose stride is no multiple of 4 has stride 1, and the index
 * is a multiple of 4. `index` is evaluated several times: a name, or in parentheses.
 */
export function wgslOffset(
  axes: readonly Axis[],
  operand: "a" | "b" | "c",
  index: string,
  unit = 1,
): string {
  const terms: string[] = [];
  let inner = extent(axes);
  axes.forEach(({ size, [operand]: stride }, i) => {
    inner /= size;
    const outer = inner === 1 ? index : `${index} / ${inner}u`;
    const coordinate = i === 0 ? outer : `${inner === 1 ? outer : `(${outer})`} % ${size}u`;
    const held = coordinate === index ? index : `(${coordinate})`;
    if (stride % unit !== 0) terms.push(`${held} / ${unit}u`);
    else if (stride > 0) terms.push(stride === unit ? held : `${held} * ${stride / unit}u`);
  });
  return terms.join(" + ") || "0u";
}

/** Sum of u32 expressions, without zeros. */
export function wgslSum(...terms: readonly string[]): string {
  return terms.filter((term) => term !== "0u").join(" + ") || "0u";
}

/** A quotient of a u32 expression. */
export function wgslQuotient(value: string, divisor: number): string {
  return divisor === 1 ? value : `${value} / ${divisor}u`;
}

/** A remainder of a u32 expression. */
export function wgslRemainder(value: string, divisor: number): string {
  return divisor === 1 ? "0u" : `${value} % ${divisor}u`;
}
