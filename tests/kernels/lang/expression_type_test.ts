import assert from "node:assert/strict";
import { expressionType } from "../../../kernels/lang/expression_type.ts";
import { parseExpression } from "../../../kernels/lang/parse_expression.ts";

const types = { x: "f32", gate: "f32", ids: "i32" } as const;

function typeOf(text: string) {
  return expressionType(parseExpression(text), types, text);
}

Deno.test("expressionType() is the type of the value", () => {
  assert.equal(typeOf("silu(gate) * x + 1"), "f32");
  assert.equal(typeOf("ids + 1"), "i32");
  assert.equal(typeOf("where(ids > 3, x, 0)"), "f32");
  assert.equal(typeOf("x > 0"), "bool");
  assert.equal(typeOf("1 + 2"), "f32");
});

Deno.test("expressionType() refuses types and names that do not fit, with the place", () => {
  const refuse = (text: string, message: string) =>
    assert.throws(() => typeOf(text), { message: `Cannot type expression: ${message}` });
  refuse(
    "x * ids",
    '"*" got f32 and i32, convert one with f32(...) or i32(...) (column 3 of "x * ids")',
  );
  refuse("x % 2", '"%" takes i32 or u32, got f32 (column 3 of "x % 2")');
  refuse("x + gat", 'unknown name "gat", did you mean "gate"? (column 5 of "x + gat")');
  refuse("pow(2, x)", 'the exponent of pow must be a constant (column 1 of "pow(2, x)")');
  refuse("exp(x > 0)", '"exp" takes f32, got bool (column 1 of "exp(x > 0)")');
});
