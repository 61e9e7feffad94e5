/** Computes coordinates from the number of a row. */

import type { Emission } from "./wasm_emission.ts";
import { type I32, i32, type Local } from "./wasm_expr.ts";

/** The coordinates of row number `row` along the first `count` outer dims. */
export function rowCoordinates(e: Emission, row: I32, count: number): I32[] {
  const { f, staged: { plan } } = e;
  const at: I32[] = [];
  let rest: Local<"i32"> = f.hold(row);
  for (let i = count - 1; i > 0; i--) {
    const size = i32.const(plan.outer[i].size);
    at.unshift(f.hold(i32.remU(rest, size)));
    rest = f.hold(i32.divU(rest, size));
  }
  return count > 0 ? [rest, ...at] : [];
}
