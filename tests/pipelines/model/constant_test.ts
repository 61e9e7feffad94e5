import assert from "node:assert/strict";
import { evaluate, substitute, withoutReferences } from "../../../pipelines/model/constant.ts";
import type { Attribute } from "../../../pipelines/schema/definitions.ts";

const SCOPE = new Map<string, Attribute>([
  ["layers", 8],
  ["std", 0.02],
  ["head_dim", 16],
  ["tied", true],
  ["activation", "gelu"],
]);

/** Expressions and their values. */
const VALUES: readonly (readonly [string, Attribute])[] = [
  ["std / sqrt(2 * layers)", 0.005],
  ["head_dim ** -0.5", 0.25],
  ["-2 ** 2", -4],
  ["2 ** 3 ** 2", 512],
  ["1 + 2 * 3 - 4 / 2", 5],
  ["(1 + 2) * 3", 9],
  ["1.5e1 - .5", 14.5],
  ["min(3, 1, 2) + max(4, 5)", 6],
  ["floor(7 / 2) * rsqrt(4)", 1.5],
  ["not tied", false],
  ["not tied or layers > 7", true],
  ["tied and layers >= 9", false],
  ["activation == 'gelu'", true],
  ["layers != 8 or layers <= 7 or layers < 8", false],
  ["true == tied", true],
];

Deno.test("evaluate() gives the value of an expression over dims and attributes", () => {
  for (const [text, value] of VALUES) assert.deepEqual(evaluate(text, SCOPE), value, text);
});

/** Expressions that cannot be read, and what is said about them. */
const MISTAKES: readonly (readonly [string, string])[] = [
  ["layer + 1", 'constant "layer + 1": unknown name "layer"'],
  ["1 +", 'constant "1 +": it ends too early'],
  ["(1 + 2", 'constant "(1 + 2": ")" is missing'],
  ["1 2", 'constant "1 2": "2" is not expected here'],
  ["1 / 0", 'constant "1 / 0": its value is Infinity'],
  ["tied + 1", 'constant "tied + 1": true is not a number'],
  ["not 1", 'constant "not 1": 1 is not true or false'],
  ["1 ; 2", 'constant "1 ; 2": ";" is not expected here'],
];

Deno.test("evaluate() says what it cannot read", () => {
  for (const [text, message] of MISTAKES) {
    assert.throws(() => evaluate(text, SCOPE), { message }, text);
  }
});

Deno.test("evaluate() refuses what is nested too deep for the stack", () => {
  const message = "a constant is nested more than 100 levels deep";
  const nests = [["(", "1", ")"], ["sqrt(", "1", ")"], ["-", "1", ""], ["not ", "tied", ""], [
    "2 ** ",
    "1",
    "",
  ]];
  for (const [open, inner, close] of nests) {
    const text = (levels: number) => open.repeat(levels) + inner + close.repeat(levels);
    assert.throws(() => evaluate(text(20_000), SCOPE), { message }, open);
    assert.throws(() => evaluate(text(101), SCOPE), { message }, open);
  }
  assert.equal(evaluate("(".repeat(100) + "1" + ")".repeat(100), SCOPE), 1);
  assert.equal(evaluate("(1) + ".repeat(200) + "(1)", SCOPE), 201);
});

Deno.test("substitute() keeps the type of a lone reference and makes text of others", () => {
  assert.equal(substitute("$std", SCOPE), 0.02);
  assert.equal(substitute("$(not tied)", SCOPE), false);
  assert.equal(substitute("$activation(x) * $(2 * std)", SCOPE), "gelu(x) * 0.04");
  assert.equal(substitute("no reference", SCOPE), "no reference");
  assert.throws(() => substitute("5 $", SCOPE), {
    message: '"$" in "5 $" is not followed by a name or by "(expression)"',
  });
  assert.throws(() => substitute("$(sqrt(2)", SCOPE), {
    message: '"$" in "$(sqrt(2)" is not followed by a name or by "(expression)"',
  });
});

Deno.test("withoutReferences() leaves an expression of the other names", () => {
  assert.equal(withoutReferences("$activation(up) * $(2 * sqrt(std)) + x"), "abs(up) * 1 + x");
});
