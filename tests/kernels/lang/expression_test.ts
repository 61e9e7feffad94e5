import assert from "node:assert/strict";
import { compileEvaluator, evaluateExpression } from "../../../kernels/lang/evaluate_expression.ts";
import {
  binary,
  call,
  type Expression,
  formatExpression,
  freeNames,
  name,
  negate,
  number,
  sameExpression,
  substitute,
} from "../../../kernels/lang/expression.ts";
import { ExpressionError } from "../../../kernels/lang/expression_error.ts";
import { parseExpression } from "../../../kernels/lang/parse_expression.ts";
import { erf, flush, roundToEven } from "../../../kernels/lang/scalar_math.ts";

function valueOf(text: string, scope: Readonly<Record<string, number>> = {}): number {
  return evaluateExpression(parseExpression(text), scope);
}

Deno.test("parseExpression() knows which operators bind tighter", () => {
  const values: Record<string, number> = {
    "1 + 2 * 3": 7,
    "(1 + 2) * 3": 9,
    "10 - 3 - 2": 5,
    "100 / 5 / 2": 10,
    "-2 * -3": 6,
    "-(2 + 3)": -5,
    "--3": 3,
    "7 % 4 * 2": 6,
    "1 + 2 < 4": 1,
    "1 << 2 + 1": 8,
    "1 | 6 & 3": 3,
    "6 ^ 3 & 2": 4,
    "5 & 4 == 4": 1,
    "!0": 1,
    "!3": 0,
    "1.5e2 + .5 + 2.": 152.5,
    "0x10": 16,
    "min(3, 2) + max(3, 2)": 5,
    "where(2 > 1, 10, 20)": 10,
    "fma(2, 3, 4)": 10,
    "-inf < 0": 1,
  };
  for (const [text, value] of Object.entries(values)) assert.equal(valueOf(text), value, text);
  assert.equal(valueOf("a * b + a", { a: 2, b: 5 }), 12);
  assert.equal(valueOf("1 +\n 2"), 3);
});

Deno.test("parseExpression() says what is wrong and where", () => {
  const errors: Record<string, [string, number]> = {
    "silv(gate) * up": ['unknown function "silv", did you mean "silu"?', 0],
    "a + * b": ['expected a value, got "*"', 4],
    "a b": ['unexpected "b"', 2],
    "(a + b": ['expected ")", got the end', 6],
    "": ["expected a value, got the end", 0],
    "exp(a, b)": ["exp takes 1 argument, got 2", 0],
    "where(a, b)": ["where takes 3 arguments, got 2", 0],
    "a < b < c": ["comparisons do not chain, use parentheses and &", 6],
    "a $ b": ['unexpected "$"', 2],
    "sum_over(x)": ['unknown function "sum_over"', 0],
    "exp(a = 1)": ["exp takes no named arguments", 4],
  };
  for (const [text, [detail, at]] of Object.entries(errors)) {
    assert.throws(() => parseExpression(text), (error: unknown) => {
      assert.ok(error instanceof ExpressionError);
      assert.equal(error.detail, `Cannot parse expression: ${detail}`);
      assert.equal(error.at, at, text);
      return true;
    });
  }
  const refusal = (text: string) => {
    try {
      return formatExpression(parseExpression(text));
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(refusal("(".repeat(300)), /more than 200 levels of nesting/);
  assert.match(refusal("-".repeat(300) + "a"), /more than 200 levels of nesting/);
  assert.match(refusal("exp(".repeat(300)), /more than 200 levels of nesting/);
  assert.match(refusal("a + ".repeat(6000) + "a"), /6001 levels of operators, at most 1000/);
  const long = "a + ".repeat(990) + "a";
  assert.equal(refusal(long), long);
  assert.throws(() => parseExpression("a + * b"), {
    message: 'Cannot parse expression: expected a value, got "*" (column 5 of "a + * b")',
  });
});

Deno.test("formatExpression() writes what parses to the same tree", () => {
  const texts = [
    "a + b - (c - d)",
    "a * (b + c) / (d / a)",
    "-(a + b) * -c",
    "-a - -b",
    "(a < b) == (c > d)",
    "a & b | c ^ (d | a)",
    "(a << 2) + (b >> 3)",
    "where(a < b & !(c >= d), exp(-a), 1.5e-8)",
    "!(a == b)",
    "pow(a, -0.5) * 2",
    "a % b % c",
    "inf - -inf",
  ];
  for (const text of texts) assert.equal(formatExpression(parseExpression(text)), text);
});

Deno.test("formatExpression() and parseExpression() agree on random trees", () => {
  let seed = 1;
  const draw = (count: number) => {
    seed = Math.imul(seed, 1103515245) + 12345 & 0x7fffffff;
    return (seed >> 8) % count;
  };
  const tree = (depth: number): Expression => {
    if (depth === 0) return draw(2) === 0 ? name("abc"[draw(3)]) : number(draw(9) - 4);
    const operators = ["+", "-", "*", "/", "%", "<", ">=", "&", "|", "^", "<<"] as const;
    switch (draw(5)) {
      case 0: {
        const argument = tree(depth - 1);
        // Minus a number is a number to the parser.
        return argument.kind === "number" ? argument : negate(argument);
      }
      case 1:
        return call("min", [tree(depth - 1), tree(depth - 1)]);
      default:
        return binary(operators[draw(11)], tree(depth - 1), tree(depth - 1));
    }
  };
  const scope = { a: 3, b: -2, c: 7 };
  for (let i = 0; i < 500; i++) {
    const made = tree(4);
    const text = formatExpression(made);
    const read = parseExpression(text);
    assert.equal(formatExpression(read), text);
    assert.equal(evaluateExpression(read, scope), evaluateExpression(made, scope), text);
  }
});

Deno.test("freeNames() lists operands once, in order", () => {
  assert.deepEqual(freeNames(parseExpression("silu(gate) * up + gate / -bias")), [
    "gate",
    "up",
    "bias",
  ]);
  assert.deepEqual(freeNames(parseExpression("1 + exp(2)")), []);
});

Deno.test("substitute() replaces all names at once", () => {
  const swapped = substitute(parseExpression("a - exp(b) * -a"), {
    a: parseExpression("b + 1"),
    b: parseExpression("a"),
  });
  assert.equal(formatExpression(swapped), "b + 1 - exp(a) * -(b + 1)");
  const untouched = parseExpression("toString + a");
  assert.equal(formatExpression(substitute(untouched, {})), "toString + a");
});

Deno.test("sameExpression() looks at the tree, not at where it was written", () => {
  assert.ok(sameExpression(parseExpression("a+ b"), parseExpression(" a + b")));
  assert.ok(!sameExpression(parseExpression("a + b"), parseExpression("b + a")));
});

Deno.test("compileEvaluator() takes values in the order of the names", () => {
  const evaluate = compileEvaluator(parseExpression("where(a > b, a, b * 2)"), ["b", "a"]);
  assert.equal(evaluate([1, 5]), 5);
  assert.equal(evaluate(Float64Array.of(5, 1)), 10);
  assert.throws(() => compileEvaluator(parseExpression("a + z"), ["a", "b"]), {
    message: 'Cannot evaluate expression: unknown name "z", known are a, b',
  });
});

Deno.test("erf() is that of tables, to 15 digits", () => {
  const table: [number, number][] = [
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.6, 0.9997639655834707],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [7, 1],
  ];
  for (const [x, value] of table) {
    assert.ok(Math.abs(erf(x) - value) < 2e-15, `erf(${x}) is ${erf(x)}`);
    assert.ok(Math.abs(erf(-x) + value) < 2e-15, `erf(${-x}) is ${erf(-x)}`);
  }
  assert.ok(Number.isNaN(erf(NaN)));
});

Deno.test("roundToEven() and flush() handle ties and edges", () => {
  assert.deepEqual([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6, 7].map(roundToEven).map((x) => x + 0), [
    0,
    2,
    2,
    0,
    -2,
    2,
    3,
    7,
  ]);
  assert.equal(roundToEven(Infinity), Infinity);
  assert.ok(Number.isNaN(roundToEven(NaN)));
  assert.deepEqual([1e-38, -1e-38, 1.3e-38, Infinity].map(flush), [0, 0, 1.3e-38, Infinity]);
});
