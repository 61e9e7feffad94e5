import assert from "node:assert/strict";
import { clampIndices } from "./clamp_indices.ts";

Deno.test("clampIndices() limits indices into bindings, those within indices as well", () => {
  const declarations = `@group(0) @binding(0) var<storage, read_write> b0: array<f32>;
@group(0) @binding(1) var<storage, read_write> b1: array<vec4<i32>>;
`;
  const body = (first: string, second: string) =>
    `let at = table[3]; b0[${first}] = f32(b1[${second}][at & 3]);`;
  assert.equal(
    clampIndices(declarations + body("b1[0][at]", "at >> 2u")),
    declarations + body(
      "min(u32(b1[min(u32(0), arrayLength(&b1) - 1u)][at]), arrayLength(&b0) - 1u)",
      "min(u32(at >> 2u), arrayLength(&b1) - 1u)",
    ),
  );
});

Deno.test("clampIndices() leaves code without bindings as it is", () => {
  const code = "let first = table[0];";
  assert.equal(clampIndices(code), code);
});
