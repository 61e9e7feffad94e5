import assert from "node:assert/strict";
import type { LoopProgram } from "../../../kernels/lang/loop_kernel.ts";
import { loopKernel } from "../../../kernels/lang/loop_kernel.ts";
import { callOfCase } from "./_run_program.ts";

const call = callOfCase({
  signature: "R N, N, R -> R N, R",
  inputs: { x: { r: 2, n: 3 }, weight: { n: 3 }, ids: { r: 2 } },
  dtypes: { ids: "i32" },
  outputs: ["y", "total"],
  attrs: { eps: 1e-5, mode: "fast" },
  programs: [],
});

/** Asserts that a program is refused with exactly this text behind the name of the op. */
function assertRefused(program: LoopProgram, message: string) {
  const kernel = loopKernel(call, program);
  for (const emit of [() => kernel.wasm(), () => kernel.webgpu([0, 1, 2, 3, 4])]) {
    assert.throws(emit, {
      name: "TypeError",
      message: `Cannot compile kernel of example: ${message}`,
    });
  }
}

Deno.test("loopKernel() explains mistakes in names", () => {
  assertRefused(
    { body: "y = x * wieght" },
    'unknown name "wieght", did you mean "weight"? (column 9 of "y = x * wieght")',
  );
  assertRefused(
    { body: "\n  a = x\n  y = aa + epsilon\n" },
    'unknown name "aa", did you mean "a"? (line 2, column 5 of "y = aa + epsilon")',
  );
  assertRefused(
    { body: "y = mode" },
    'attribute "mode" is "fast", a constant must be a number (column 5 of "y = mode")',
  );
  assertRefused(
    { body: "y = sum(x)", over: ["N"] },
    'unknown function "sum", did you mean "sum_over"? (column 5 of "y = sum(x)")',
  );
  assertRefused({ body: "x = 1" }, '"x" is an input and cannot be assigned (column 1 of "x = 1")');
  assertRefused({ body: "z = x" }, "the program assigns no output");
  assertRefused(
    { body: "y = x", over: ["K"] },
    "over has dim K, the call has R, N",
  );
});

Deno.test("loopKernel() explains mistakes in types", () => {
  assertRefused(
    { body: "y = x + ids" },
    '"+" got f32 and i32, convert one with f32(...) or i32(...) (column 7 of "y = x + ids")',
  );
  assertRefused({ body: "y = ids" }, '"y" takes f32, got i32 (column 1 of "y = ids")');
  assertRefused({ body: "y = x > 0" }, '"y" takes f32, got bool (column 1 of "y = x > 0")');
  assertRefused({ body: "y = exp(ids)" }, '"exp" takes f32, got i32 (column 5 of "y = exp(ids)")');
  assertRefused(
    { body: "y = x & 1" },
    '"&" takes i32 or u32 or bool, got f32 (column 7 of "y = x & 1")',
  );
  assertRefused(
    { body: "y = f32(ids + 1.5)" },
    '1.5 is not a i32 (column 13 of "y = f32(ids + 1.5)")',
  );
  assertRefused(
    { body: "y = where(x, 1, 2)" },
    '"where" takes bool, got f32 (column 5 of "y = where(x, 1, 2)")',
  );
  assertRefused(
    { body: "y = pow(x, x)" },
    'the exponent of pow must be a constant (column 5 of "y = pow(x, x)")',
  );
  assertRefused({ body: "y = index(x)" }, 'index takes a dim: R, N (column 11 of "y = index(x)")');
  assertRefused(
    { body: "y = at(x, K = 1)" },
    'x has no dim K, it has R, N (column 15 of "y = at(x, K = 1)")',
  );
  assertRefused(
    { body: "y = at(x, N = x)" },
    '"at N" takes i32, got f32 (column 15 of "y = at(x, N = x)")',
  );
});

Deno.test("loopKernel() explains mistakes in dims", () => {
  assertRefused(
    { body: "y = sum_over(x)" },
    'sum_over needs "over" dims (column 5 of "y = sum_over(x)")',
  );
  assertRefused(
    { body: "total = x", over: ["N"] },
    "total lacks the dims N, along which its value varies",
  );
  assertRefused(
    { body: "total = f32(ids) * x" },
    'total has no dim N, which the program runs over: reduce it by "over"',
  );
  assertRefused({ body: "y = x", limit: "R" }, "limit needs over");
  assertRefused(
    { body: "y = x", over: ["N"], limit: "index(N)" },
    "limit must not depend on the dims N",
  );
  assertRefused(
    { body: "y = x", over: ["N"], limit: "x" },
    '"limit" takes i32, got f32 (column 1 of "x")',
  );
  assertRefused({ body: "y = x +" }, 'expected a value, got the end (column 8 of "y = x +")');
  assertRefused({ body: "y x" }, 'expected "=", got "x" (column 3 of "y x")');
});
