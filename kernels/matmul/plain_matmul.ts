/** Matrix multiplication in plain loops: the definition the tiled kernel is tested against. */

import type { WasmKernel } from "../../graph/ir/kernel.ts";
import { wasmFunction } from "../lang/wasm_code.ts";
import { f32, i32 } from "../lang/wasm_expr.ts";
import { byteOffset, type Contraction, extent } from "./contraction.ts";

/** The kernel of a contraction, one element of c at a time; a unit is a row of one batch. */
export function plainMatmul(problem: Contraction): WasmKernel {
  const [rows, columns, depth] = [problem.m, problem.n, problem.k].map(extent);
  const code = wasmFunction(7, (f, [a, b, c, _scratch, _threadScratch, begin, end]) => {
    const [unit, batch, row, column, k] = Array.from({ length: 5 }, () => f.local("i32"));
    const sum = f.local("f32");
    const address = (operand: "a" | "b" | "c") => {
      const base = { a, b, c }[operand];
      const groups = [[problem.batch, batch], [problem.m, row], [problem.n, column], [
        problem.k,
        k,
      ]] as const;
      return groups.reduce(
        (at, [axes, index]) => i32.add(at, byteOffset(axes, operand, index)),
        i32.add(base, i32.const(0)),
      );
    };
    f.for(unit, begin, end, 1, () => {
      f.set(batch, i32.divU(unit, i32.const(rows)));
      f.set(row, i32.remU(unit, i32.const(rows)));
      f.for(column, i32.const(0), i32.const(columns), 1, () => {
        f.set(sum, f32.const(0));
        f.for(k, i32.const(0), i32.const(depth), 1, () => {
          const product = f32.mul(f32.load(address("a")), f32.load(address("b")));
          f.set(sum, f32.add(sum, product));
        });
        f.store(address("c"), sum);
      });
    });
  });
  return {
    phases: [{ code, units: extent(problem.batch) * rows }],
    scratchBytes: 0,
    threadScratchBytes: 0,
  };
}
