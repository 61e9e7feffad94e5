/** Types and constants of the kernel language as WGSL text. */

import type { NodeType } from "./dag.ts";

/** Elements of a vector: one, or the four that make a `vec4`. */
export type WgslWidth = 1 | 4;

/** A type, by itself or as a vector. */
export function wgslType(type: NodeType, width: WgslWidth): string {
  return width === 1 ? type : `vec4<${type}>`;
}

/** Bits of the smallest positive normal float. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * A constant. The text of an infinity, a NaN, a denormal or -0 calls what `floatOf` names on its
 * bits: WGSL has no literals of the former, and compilers may take the latter for 0.
 */
export function wgslConstant(type: NodeType, value: number, floatOf: () => string): string {
  switch (type) {
    case "bool":
      return value === 0 ? "false" : "true";
    case "u32":
      return `${value}u`;
    case "i32":
      // The least number is no literal: the sign is an operator.
      return value === -(2 ** 31) ? "i32(-2147483648)" : value < 0 ? `(${value}i)` : `${value}i`;
    case "f32": {
      const isLiteral = Number.isFinite(value) &&
        (Math.abs(value) >= SMALLEST_NORMAL || Object.is(value, 0));
      if (!isLiteral) return `${floatOf()}(${floatBits(value)}u)`;
      return value < 0 ? `(${value}f)` : `${value}f`;
    }
  }
}

function floatBits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
}
