import assert from "node:assert/strict";
import { derive, pullback } from "../../../kernels/lang/derive.ts";
import { evaluateExpression } from "../../../kernels/lang/evaluate_expression.ts";
import { formatExpression } from "../../../kernels/lang/expression.ts";
import { SCALAR_FUNCTIONS } from "../../../kernels/lang/functions.ts";
import { parseExpression } from "../../../kernels/lang/parse_expression.ts";
import { simplify } from "../../../kernels/lang/simplify.ts";

const POINTS = [-3.1, -1.2, -0.3, 0.4, 0.9, 2.2, 5.3];

/** Asserts that the derivative by x is the difference quotient, wherever the expression is finite. */
function assertDerivative(text: string, points = POINTS) {
  const expression = parseExpression(text);
  const derivative = derive(expression, "x");
  const at = (x: number) => evaluateExpression(expression, { x, y: 1.7, c: -0.6 });
  for (const x of points) {
    const h = 1e-5;
    const expected = (8 * (at(x + h) - at(x - h)) - (at(x + 2 * h) - at(x - 2 * h))) / (12 * h);
    const actual = evaluateExpression(derivative, { x, y: 1.7, c: -0.6 });
    assert.ok(
      Math.abs(actual - expected) <= 1e-8 * Math.max(1, Math.abs(expected)),
      `d/dx ${text} = ${formatExpression(derivative)} at ${x}: ${expected}, got ${actual}`,
    );
  }
}

Deno.test("derive() is the difference quotient for every function", () => {
  const positive = POINTS.filter((x) => x > 0);
  const onlyPositive = ["log", "sqrt", "rsqrt"];
  for (const [name, { parameters }] of Object.entries(SCALAR_FUNCTIONS)) {
    const points = onlyPositive.includes(name) ? positive : POINTS;
    if (parameters.length === 1) {
      assertDerivative(`${name}(x)`, points);
      if (points === POINTS) assertDerivative(`y * ${name}(2 * x - y) / 3`);
    }
  }
  assertDerivative("min(x * x, y)");
  assertDerivative("max(y, x * x)");
  assertDerivative("pow(x, 3) + pow(x, -2)");
  assertDerivative("pow(x, 0.7) * pow(x, 1) * pow(x, 0)", positive);
  assertDerivative("fma(x, x, x) + fma(y, x, 2) + fma(y, y, x)");
  assertDerivative("where(x > 1, x * x, -x) * where(y > x, 2, 3)");
});

Deno.test("derive() follows sums, products and quotients", () => {
  const texts = [
    "x + y - x * x",
    "-x * (y - x)",
    "x / y + y / (x * x + 1)",
    "(x + 1) / (x * x + y)",
    "1 - -x",
    "2 * x * y * x",
    "silu(x) * y - silu(y) * x",
    "x * sigmoid(1.702 * x)",
    "log(1 + exp(-abs(x))) + max(x, 0)",
    "exp(-(x - y) * (x - y) / 2)",
    "tanh(x / 30) * 30",
    "floor(x) * x + round(x) + f(x)".replace(" + f(x)", ""),
    "where(x < y, x, y) * (x > 0)",
  ];
  for (const text of texts) assertDerivative(text);
});

Deno.test("derive() gives compact text", () => {
  const by = (text: string, name = "x") => formatExpression(derive(parseExpression(text), name));
  assert.equal(by("3 * x + y"), "3");
  assert.equal(by("x * y"), "y");
  assert.equal(by("y"), "0");
  assert.equal(by("x * x"), "2 * x");
  assert.equal(by("x * x * x"), "3 * (x * x)");
  assert.equal(by("relu(x) * y"), "where(x > 0, y, 0)");
  assert.equal(by("floor(x) + round(x) + (x < y)"), "0");
  assert.equal(by("silu(x) * y", "y"), "silu(x)");
  assert.equal(by("silu(x) * y"), "sigmoid(x) * (1 + x * (1 - sigmoid(x))) * y");
  assert.equal(by("(x - y) / 2"), "0.5");
  assert.equal(by("exp(-x)"), "-exp(-x)");
});

Deno.test("derive() does not spread what a choice leaves out", () => {
  const derivative = derive(parseExpression("where(x > 0, log(x), x)"), "x");
  assert.equal(evaluateExpression(derivative, { x: 0 }), 1);
});

Deno.test("derive() refuses powers that depend on the variable", () => {
  assert.throws(() => derive(parseExpression("pow(2, x)"), "x"), {
    message: 'Cannot derive pow by "x": its exponent must not depend on it, use exp and log',
  });
  assert.equal(formatExpression(derive(parseExpression("pow(x, 2)"), "y")), "0");
});

Deno.test("pullback() gives one gradient per name", () => {
  const gradients = pullback(
    parseExpression("gate * up + bias"),
    ["gate", "up", "bias", "no"],
    "dy",
  );
  assert.deepEqual(gradients.map(formatExpression), ["dy * up", "dy * gate", "dy", "0"]);
});

Deno.test("simplify() keeps values", () => {
  const simpler: Record<string, string> = {
    "0 + x * 1 - 0": "x",
    "x * 0 + 2 * 3": "6",
    "2 * (x * 3)": "6 * x",
    "x - -y": "x + y",
    "-x - y * -1": "y - x",
    "x / 1 + 0 / x": "x",
    "6 * x / 2": "3 * x",
    "x - x": "0",
    "x / x": "1",
    "-(x - y)": "y - x",
    "where(1 < 2, x, y)": "x",
    "where(x > y, y, y)": "y",
    "exp(0) * x": "x",
    "pow(x, 1) + pow(x, 0)": "x + 1",
    "1 / 0 + x": "1 / 0 + x",
    "3 * x - x": "2 * x",
    "!(x > 0)": "!(x > 0)",
  };
  for (const [text, expected] of Object.entries(simpler)) {
    assert.equal(formatExpression(simplify(parseExpression(text))), expected, text);
  }
});
