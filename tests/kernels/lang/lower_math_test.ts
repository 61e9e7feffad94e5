import assert from "node:assert/strict";
import { SCALAR_FUNCTIONS } from "../../../kernels/lang/functions.ts";
import { type EngineTest, testOnEngines } from "./_run_program.ts";

/** Floats from `low` to `high` in equal steps. */
function grid(low: number, high: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => low + (high - low) * i / (count - 1));
}

/** Floats whose logarithms are in equal steps, of both signs. */
function magnitudes(low: number, high: number, count: number): Float32Array {
  const sizes = grid(Math.log2(low), Math.log2(high), count);
  return Float32Array.from([...sizes].flatMap((size) => [2 ** size, -(2 ** size)]));
}

/** Largest error of a function of x over a grid: absolute, and relative to the true value. */
async function errorsOf(
  { mapValues }: EngineTest,
  text: string,
  x: Float32Array,
  exact: (x: number) => number,
) {
  const y = await mapValues(`y = ${text}`, x);
  let absolute = 0;
  let relative = 0;
  for (let i = 0; i < x.length; i++) {
    const expected = exact(x[i]);
    const error = Math.abs(y[i] - expected);
    assert.ok(!Number.isNaN(error), `${text} of ${x[i]}: expected ${expected}, got ${y[i]}`);
    absolute = Math.max(absolute, error);
    if (expected !== 0) relative = Math.max(relative, error / Math.abs(expected));
  }
  return { absolute, relative };
}

/** Numbers without the sign of zeros. */
function plain(values: Float32Array): number[] {
  return [...values].map((value) => value + 0);
}

function evaluate(name: string): (x: number) => number {
  return SCALAR_FUNCTIONS[name].evaluate;
}

function assertBelow(value: number, bound: number, what: string) {
  assert.ok(value <= bound, `${what}: ${value} is above ${bound}`);
}

testOnEngines("exp is exact to 8e-8 between -87 and 88", async (test) => {
  // Multiply-adds of shaders may round twice.
  const bound = test.engine === "wasm" ? 8e-8 : 1e-7;
  assertBelow(
    (await errorsOf(test, "exp(x)", grid(-87, 88, 300_001), Math.exp)).relative,
    bound,
    "exp",
  );
  assertBelow(
    (await errorsOf(test, "exp(x)", magnitudes(1e-9, 80, 20_001), Math.exp)).relative,
    bound,
    "exp",
  );
});

testOnEngines("exp gives 0 instead of denormals, infinity and NaN", async (test) => {
  const x = [-87.34, -88, -103, -1e30, -Infinity, 88.8, 200, 1e30, Infinity, NaN, 0, -0];
  const y = await test.mapValues("y = exp(x)", x);
  assert.deepEqual([...y], [0, 0, 0, 0, 0, Infinity, Infinity, Infinity, Infinity, NaN, 1, 1]);
  for (const value of await test.mapValues("y = exp(x)", grid(-88, -87, 10_001))) {
    assert.ok(value === 0 || value >= 1.17549435e-38, `${value} is denormal`);
  }
});

testOnEngines("log is exact to 1e-7, denormals included", async (test) => {
  const x = magnitudes(1.2e-38, 3e38, 100_001).filter((value) => value > 0);
  assertBelow((await errorsOf(test, "log(x)", x, Math.log)).relative, 1e-7, "log");
  const near = grid(0.5, 2, 100_001).filter((value) => value !== 1);
  assertBelow((await errorsOf(test, "log(x)", near, Math.log)).relative, 1.2e-7, "log near 1");
  const tiny = Float32Array.of(1e-45, 1e-40, 1.1e-38);
  assertBelow((await errorsOf(test, "log(x)", tiny, Math.log)).relative, 1e-7, "log of denormals");
});

testOnEngines("log gives minus infinity, infinity and NaN", async (test) => {
  const y = await test.mapValues("y = log(x)", [0, -0, 1, Infinity, -1, -Infinity, NaN, -1e-40]);
  assert.deepEqual([...y], [-Infinity, -Infinity, 0, Infinity, NaN, NaN, NaN, NaN]);
});

testOnEngines("tanh is exact to 2.5e-7 everywhere", async (test) => {
  assertBelow(
    (await errorsOf(test, "tanh(x)", grid(-12, 12, 200_001), Math.tanh)).relative,
    2.5e-7,
    "tanh",
  );
  const small = magnitudes(1e-30, 1, 20_001);
  assertBelow((await errorsOf(test, "tanh(x)", small, Math.tanh)).relative, 2.5e-7, "tanh near 0");
  const y = await test.mapValues("y = tanh(x)", [0, 100, -100, Infinity, -Infinity, NaN]);
  assert.deepEqual([...y], [0, 1, -1, 1, -1, NaN]);
});

testOnEngines("erf is exact to 1e-7, relative to 2.1e-7", async (test) => {
  const { absolute, relative } = await errorsOf(
    test,
    "erf(x)",
    grid(-6, 6, 200_001),
    evaluate("erf"),
  );
  assertBelow(absolute, 1e-7, "erf");
  assertBelow(relative, 2e-7, "erf");
  const small = magnitudes(1e-30, 1, 20_001);
  assertBelow(
    (await errorsOf(test, "erf(x)", small, evaluate("erf"))).relative,
    2.1e-7,
    "erf near 0",
  );
  const y = await test.mapValues("y = erf(x)", [0, 10, -10, Infinity, -Infinity, NaN]);
  assert.deepEqual([...y], [0, 1, -1, 1, -1, NaN]);
});

testOnEngines("sin and cos are exact to 1.2e-7 up to 10,000", async (test) => {
  for (const x of [grid(-7, 7, 100_001), grid(-10_000, 10_000, 200_001)]) {
    assertBelow((await errorsOf(test, "sin(x)", x, Math.sin)).absolute, 1.2e-7, "sin");
    assertBelow((await errorsOf(test, "cos(x)", x, Math.cos)).absolute, 1.2e-7, "cos");
  }
  const small = magnitudes(1e-30, 0.5, 20_001);
  assertBelow((await errorsOf(test, "sin(x)", small, Math.sin)).relative, 1.2e-7, "sin near 0");
});

testOnEngines("rsqrt and sqrt are those of floats", async (test) => {
  const x = magnitudes(1e-37, 1e37, 20_001).filter((value) => value > 0);
  assertBelow((await errorsOf(test, "sqrt(x)", x, Math.sqrt)).relative, 6e-8, "sqrt");
  assertBelow((await errorsOf(test, "rsqrt(x)", x, evaluate("rsqrt"))).relative, 1.2e-7, "rsqrt");
  assert.deepEqual([...(await test.mapValues("y = rsqrt(x)", [4, 0, Infinity, -1]))], [
    0.5,
    Infinity,
    0,
    NaN,
  ]);
});

testOnEngines("activations are exact to 3e-7 of the larger of 1 and x", async (test) => {
  const x = grid(-20, 20, 200_001);
  const bounds = { sigmoid: 1.2e-7, silu: 1e-6, gelu: 1e-6, gelu_tanh: 1e-6 };
  for (const [name, bound] of Object.entries(bounds)) {
    const { absolute } = await errorsOf(
      test,
      `${name}(x) / max(1, abs(x))`,
      x,
      (value) => evaluate(name)(value) / Math.max(1, Math.abs(value)),
    );
    assertBelow(absolute, Math.min(bound, 3e-7), name);
  }
  assertBelow(
    (await errorsOf(test, "sigmoid(x)", grid(-80, 80, 20_001), evaluate("sigmoid"))).relative,
    3e-7,
    "sigmoid",
  );
  const ends = [-Infinity, -1000, 1000];
  assert.deepEqual([...(await test.mapValues("y = sigmoid(x)", ends))], [0, 0, 1]);
  assert.deepEqual(plain(await test.mapValues("y = silu(x)", [-1000, 0, 1000])), [0, 0, 1000]);
  assert.deepEqual(plain(await test.mapValues("y = gelu(x)", [-1000, 0, 1000])), [0, 0, 1000]);
  assert.deepEqual(plain(await test.mapValues("y = gelu_tanh(x)", [-100, 0, 1000])), [0, 0, 1000]);
  assert.deepEqual([...(await test.mapValues("y = relu(x)", [-2, 0, 3, NaN, Infinity]))], [
    0,
    0,
    3,
    NaN,
    Infinity,
  ]);
});

testOnEngines(
  "pow multiplies for whole and half powers, and goes by the logarithm for others",
  async (test) => {
    const x = grid(0.01, 30, 10_001);
    const checkPowers = (powers: readonly number[], bound: number) =>
      Promise.all(powers.map(async (power) => {
        const { relative } = await errorsOf(test, `pow(x, ${power})`, x, (value) => value ** power);
        assertBelow(relative, bound, `pow ${power}`);
      }));
    await checkPowers([0, 1, 2, 3, 7, -1, -2, 0.5, -0.5, 1.5, 2.5], 4e-7);
    await checkPowers([0.3, -1.7, 2.2], 2e-6);
    assert.deepEqual([...(await test.mapValues("y = pow(x, 3)", [-2, 0, 2]))], [-8, 0, 8]);
    assert.deepEqual([...(await test.mapValues("y = pow(x, 0.3)", [0, 1, -1]))], [0, 1, NaN]);
  },
);

testOnEngines(
  "flush keeps normal numbers, infinities and NaN, and clears the others",
  async (test) => {
    const x = [1, -1.3e-38, 1.1e-38, -1e-40, 1e-45, 0, Infinity, NaN];
    const y = await test.mapValues("y = flush(x)", x);
    assert.deepEqual([...y], [1, Math.fround(-1.3e-38), 0, 0, 0, 0, Infinity, NaN]);
  },
);

testOnEngines("simple functions do what their names say", async (test) => {
  const x = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3, NaN];
  const expected: Record<string, number[]> = {
    "floor(x)": [-3, -2, -1, 0, 1, 2, 3, NaN],
    "round(x)": [-2, -2, 0, 0, 2, 2, 3, NaN],
    "abs(x)": [2.5, 1.5, 0.5, 0.5, 1.5, 2.5, 3, NaN],
    "-x": [2.5, 1.5, 0.5, -0.5, -1.5, -2.5, -3, NaN],
    "min(x, 1)": [-2.5, -1.5, -0.5, 0.5, 1, 1, 1, NaN],
    "max(x, 1)": [1, 1, 1, 1, 1.5, 2.5, 3, NaN],
    "max(1, x)": [1, 1, 1, 1, 1.5, 2.5, 3, 1],
    "fma(x, 2, 1)": [-4, -2, 0, 2, 4, 6, 7, NaN],
    "x / 2": [-1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.5, NaN],
    "where(x < 0.5, 1, 2)": [1, 1, 1, 2, 2, 2, 2, 2],
    "where(x <= 0.5, x, 0)": [-2.5, -1.5, -0.5, 0.5, 0, 0, 0, 0],
    "where(x > 0.5, 0, x)": [-2.5, -1.5, -0.5, 0.5, 0, 0, 0, NaN],
    "where(x >= 0.5, 1, 2)": [2, 2, 2, 1, 1, 1, 1, 2],
    "where(x == 3, 1, 2)": [2, 2, 2, 2, 2, 2, 1, 2],
    "where(x != 3, 1, 2)": [1, 1, 1, 1, 1, 1, 2, 1],
    "where(!(x < 0) & (x < 2) | (x == 3), 1, 2)": [2, 2, 2, 1, 1, 2, 1, 2],
    "f32(x < 0) - f32((x < 0) ^ (x < 1))": [1, 1, 1, -1, 0, 0, 0, 0],
    "x * x - 2 * x": [11.25, 5.25, 1.25, -0.75, -0.75, 1.25, 3, NaN],
    "1 - x * x": [-5.25, -1.25, 0.75, 0.75, -1.25, -5.25, -8, NaN],
  };
  await Promise.all(
    Object.entries(expected).map(async ([text, values]) => {
      assert.deepEqual(plain(await test.mapValues(`y = ${text}`, x)), values, text);
    }),
  );
});

testOnEngines("constants of every kind are what they say", async ({ engine, mapValues }) => {
  const texts: Record<string, number> = {
    "0.1": Math.fround(0.1),
    "-0": -0,
    "3.4028234663852886e38": 3.4028234663852886e38,
    "-1e30": Math.fround(-1e30),
    "1.2e-38": Math.fround(1.2e-38),
    "16777217": 16777216,
    "inf": Infinity,
    "-inf": -Infinity,
    "nan": NaN,
    // Shaders may take denormals for 0.
    ...engine === "wasm" ? { "1e-40": Math.fround(1e-40) } : {},
  };
  await Promise.all(
    Object.entries(texts).map(async ([text, value]) => {
      assert.deepEqual([...await mapValues(`y = where(x > 0, ${text}, x)`, [1, -2])], [value, -2]);
    }),
  );
});
