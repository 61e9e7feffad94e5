/** Where elements of an operand are, as WGSL expressions. */

import { type Axis, extent } from "./contraction.ts";

/**
 * Offset in one operand of a flat index over a group of axes, in units of `unit` elements (1 or 4):
 * a u32 expression. For units of 4, an axis whose stride is no multiple of 4 has stride 1, and the
 * index is a multiple of 4. `index` is evaluated several times: a name, or in parentheses.
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
    terms.push(
      stride % unit === 0 ? wgslProduct(held, stride / unit) : wgslQuotient(held, unit),
    );
  });
  return wgslTerms(...terms);
}

/** A sum of u32 expressions without zeros. */
export function wgslTerms(...terms: readonly string[]): string {
  return terms.filter((term) => term !== "0u").join(" + ") || "0u";
}

/** A sum that can be a factor or an index of axes: in parentheses where it has several terms. */
export function wgslSum(...terms: readonly string[]): string {
  const rest = terms.filter((term) => term !== "0u");
  return rest.length > 1 ? `(${wgslTerms(...rest)})` : wgslTerms(...rest);
}

/** A product of a u32 expression with a constant; the expression is a name or in parentheses. */
export function wgslProduct(value: string, factor: number): string {
  if (value === "0u" || factor === 0) return "0u";
  return factor === 1 ? value : `${value} * ${factor}u`;
}

/** A quotient of a u32 expression. */
export function wgslQuotient(value: string, divisor: number): string {
  return value === "0u" || divisor === 1 ? value : `${value} / ${divisor}u`;
}

/** A remainder of a u32 expression. */
export function wgslRemainder(value: string, divisor: number): string {
  return value === "0u" || divisor === 1 ? "0u" : `${value} % ${divisor}u`;
}
