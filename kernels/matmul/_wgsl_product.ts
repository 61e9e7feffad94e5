/** The innermost part of a matrix multiplication in WGSL: up to four steps of k in registers. */

import type { WgslSharedArray } from "../lang/wgsl_shader.ts";
import { LANES } from "./_wgsl_quads.ts";

/** The shape of what a thread computes, and how its operands come. */
export interface Product {
  /** Rows and columns of a thread: 1, 2, 3 or a multiple of 4. */
  readonly rows: number;
  readonly columns: number;
  readonly alongK: { readonly a: boolean; readonly b: boolean };
}

/** The type of a thread's columns in one row, four at most. */
export function sumType(columns: number): WgslSharedArray["element"] {
  if (columns === 1) return "f32";
  return columns === 2 ? "vec2<f32>" : columns === 3 ? "vec3<f32>" : "vec4<f32>";
}

/** The names of a thread's sums: row by row, each with its vectors of columns. */
export function sumNames({ rows, columns }: Pick<Product, "rows" | "columns">): string[][] {
  return range(rows).map((r) => range(Math.ceil(columns / 4)).map((j) => `s${r}_${j}`));
}

/**
 * Adds `count` steps of k to the sums. `load(operand, unit, step)` gives a quad: where it is along
 * k that of row or column `unit`, else rows or columns from `4 * unit` at `step`.
 */
export function multiplySteps(
  { rows, columns, alongK }: Product,
  count: number,
  load: (operand: "a" | "b", unit: number, step: number) => string,
): string[] {
  const lines: string[] = [];
  const read = (operand: "a" | "b", units: readonly number[]) => {
    const name = operand === "a" ? "x" : "y";
    for (const unit of units) {
      if (alongK[operand]) lines.push(`let ${name}${unit} = ${load(operand, unit, 0)};`);
      else {
        for (const step of range(count)) {
          lines.push(`let ${name}${unit}_${step} = ${load(operand, unit, step)};`);
        }
      }
    }
  };
  read("a", range(alongK.a ? rows : rows / 4));
  const sums = sumNames({ rows, columns });
  const width = Math.min(columns, 4);
  for (const j of range(Math.ceil(columns / 4))) {
    read("b", alongK.b ? range(width).map((c) => 4 * j + c) : [j]);
    for (const step of range(count)) {
      const own = range(width).map((c) => `y${4 * j + c}.${LANES[step]}`);
      const column = !alongK.b
        ? `y${j}_${step}`
        : width === 1
        ? own[0]
        : `${sumType(columns)}(${own.join(", ")})`;
      lines.push(`let column${j}_${step} = ${column};`);
      for (const r of range(rows)) {
        const x = alongK.a ? `x${r}.${LANES[step]}` : `x${r >> 2}_${step}.${LANES[r & 3]}`;
        const splat = width === 1 ? x : `${sumType(columns)}(${x})`;
        lines.push(`${sums[r][j]} = fma(${splat}, column${j}_${step}, ${sums[r][j]});`);
      }
    }
  }
  return lines;
}

/** `0, 1, ..., count - 1` */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
