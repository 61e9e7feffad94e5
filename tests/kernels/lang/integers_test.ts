import assert from "node:assert/strict";
import type { Dtype } from "../../../graph/ir/tensor.ts";
import { threefry2x32 } from "../../../kernels/lang/threefry.ts";
import { asIntegers, type EngineTest, testOnEngines } from "./_run_program.ts";

const WORDS = [0, 1, 2, 7, 100, -1, -7, 2 ** 31 - 1, -(2 ** 31), 0x12345678, -0x1234567];

/** Checks expressions of x, for an integer type of both. */
async function checkValues(
  { mapValues }: EngineTest,
  expected: Readonly<Record<string, (x: number) => number>>,
  dtype: "i32" | "u32",
  x: readonly number[],
) {
  const dtypes: Record<string, Dtype> = { x: dtype, y: dtype };
  await Promise.all(
    Object.entries(expected).map(async ([text, exact]) => {
      const y = asIntegers(await mapValues(`y = ${text}`, x, dtypes), dtype);
      assert.deepEqual(y, x.map(exact), text);
    }),
  );
}

testOnEngines("signed integers wrap, shift and divide as in C", async (test) => {
  const expected: Record<string, (x: number) => number> = {
    "x + 5": (x) => x + 5 | 0,
    "x - 5": (x) => x - 5 | 0,
    "x * 3": (x) => Math.imul(x, 3),
    "-x": (x) => -x | 0,
    "abs(x)": (x) => Math.abs(x) | 0,
    "!x": (x) => ~x,
    "x & 0xff": (x) => x & 0xff,
    "x | 12": (x) => x | 12,
    "x ^ 12": (x) => x ^ 12,
    "x << 3": (x) => x << 3,
    "x >> 3": (x) => x >> 3,
    "1 << (x & 7)": (x) => 1 << (x & 7),
    "x >> (x & 7)": (x) => x >> (x & 7),
    "x / 7": (x) => x / 7 | 0,
    "x / -7": (x) => x / -7 | 0,
    "x / -1": (x) => -x | 0,
    "x % 7": (x) => x % 7 | 0,
    "100 / (x & 3)": (x) => (x & 3) === 0 ? 100 : 100 / (x & 3) | 0,
    "100 % (x & 3)": (x) => (x & 3) === 0 ? 0 : 100 % (x & 3),
    "min(x, 3)": (x) => Math.min(x, 3),
    "max(x, 3)": (x) => Math.max(x, 3),
    "where((x < 3) & (x != 1) | (x >= 100), x, 7)": (x) => x < 3 && x !== 1 || x >= 100 ? x : 7,
    "i32(f32(x & 0xffff) * 0.5)": (x) => (x & 0xffff) >> 1,
    "i32(x > 1) + 2 * i32(x == 1)": (x) => Number(x > 1) + 2 * Number(x === 1),
    "bits_i32(bits_f32(x))": (x) => x,
    "i32(u32(x))": (x) => x,
  };
  await checkValues(test, expected, "i32", WORDS);
});

testOnEngines("unsigned integers compare, shift and divide without a sign", async (test) => {
  const words = WORDS.map((word) => word >>> 0);
  const expected: Record<string, (x: number) => number> = {
    "x + 5": (x) => x + 5 >>> 0,
    "x - 5": (x) => x - 5 >>> 0,
    "x * 3": (x) => Math.imul(x, 3) >>> 0,
    "x >> 3": (x) => x >>> 3,
    "x >> (x & 7)": (x) => x >>> (x & 7),
    "x << 3": (x) => x << 3 >>> 0,
    "x / 7": (x) => Math.floor(x / 7),
    "x % 7": (x) => x % 7,
    "min(x, 200)": (x) => Math.min(x, 200),
    "max(x, 200)": (x) => Math.max(x, 200),
    "u32(where(x < 200, 1, 2))": (x) => x < 200 ? 1 : 2,
    "where(x >= 0x80000000, x, 2)": (x) => x >= 2 ** 31 ? x : 2,
    "u32(f32(x >> 8))": (x) => x >>> 8,
    "bits_u32(bits_f32(x))": (x) => x,
  };
  await checkValues(test, expected, "u32", words);
});

testOnEngines("conversions from floats saturate and send NaN to 0", async (test) => {
  const x = [1.9, -1.9, 3e9, -3e9, 1e20, -1e20, NaN, Infinity];
  const signed = await test.mapValues("y = i32(x)", x, { y: "i32" });
  assert.deepEqual(asIntegers(signed, "i32"), [
    1,
    -1,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31 - 1,
    -(2 ** 31),
    0,
    2 ** 31 - 1,
  ]);
  const unsigned = await test.mapValues("y = u32(x)", x, { y: "u32" });
  assert.deepEqual(asIntegers(unsigned, "u32"), [
    1,
    0,
    3e9,
    0,
    2 ** 32 - 1,
    0,
    0,
    2 ** 32 - 1,
  ]);
  assert.deepEqual([...await test.mapValues("y = f32(x)", [-5, 2 ** 24], { x: "i32" })], [
    -5,
    2 ** 24,
  ]);
  assert.deepEqual([...await test.mapValues("y = f32(x)", [3e9], { x: "u32" })], [3e9]);
  const bits = await test.mapValues("y = bits_u32(x)", [1, -0], { y: "u32" });
  assert.deepEqual(asIntegers(bits, "u32"), [0x3f800000, 0x80000000]);
});

testOnEngines("integers are reduced as integers", async (test) => {
  const [total, most] = await test.run({
    signature: "R N -> R, R",
    inputs: { x: { r: 2, n: 7 } },
    dtypes: { x: "i32", total: "i32", most: "i32" },
    outputs: ["total", "most"],
    programs: [{ over: ["N"], body: "total = sum_over(x)\nmost = max_over(x - 100)" }],
  }, [[1, 2, 3, 4, 5, 6, 70, -1, -2, -3, -4, -50, -6, -7]]);
  assert.deepEqual(asIntegers(total, "i32"), [91, -73]);
  assert.deepEqual(asIntegers(most, "i32"), [-30, -101]);
});

testOnEngines("limits fill integer results with integers", async (test) => {
  const [y] = await test.run({
    signature: "Q K -> Q K",
    inputs: { x: { q: 2, k: 3 } },
    dtypes: { x: "i32", y: "i32" },
    outputs: ["y"],
    programs: [{ over: ["K"], limit: "index(Q) + 1", fill: -9, body: "y = x" }],
  }, [[1, 2, 3, 4, 5, 6]]);
  assert.deepEqual(asIntegers(y, "i32"), [1, -9, -9, 4, 5, -9]);
});

Deno.test("threefry2x32() gives the known answers of Random123", () => {
  const hex = (words: readonly number[]) => words.map((word) => word.toString(16));
  assert.deepEqual(hex(threefry2x32(0, 0, 0, 0)), ["6b200159", "99ba4efe"]);
  const ones = 0xffffffff;
  assert.deepEqual(hex(threefry2x32(ones, ones, ones, ones)), ["1cb996fc", "bb002be7"]);
  assert.deepEqual(hex(threefry2x32(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)), [
    "c4923a9c",
    "483df7a0",
  ]);
});

testOnEngines("random() is the first word of Threefry-2x32-20 at (counter, 0)", async (test) => {
  const [y] = await test.run({
    signature: "N, N,  -> N",
    inputs: { counter: { n: 7 }, key0: { n: 7 }, key1: {} },
    dtypes: { counter: "u32", key0: "u32", key1: "u32", y: "u32" },
    outputs: ["y"],
    programs: [{ body: "y = random(key0, key1, counter)" }],
  }, [[0, 1, 2, 3, 2 ** 31, 5, 2 ** 32 - 1], [9, 8, 7, 6, 5, 4, 3], [0xdeadbeef]]);
  assert.deepEqual(
    asIntegers(y, "u32"),
    [[9, 0], [8, 1], [7, 2], [6, 3], [5, 2 ** 31], [4, 5], [3, 2 ** 32 - 1]].map(([key, count]) =>
      threefry2x32(key, 0xdeadbeef, count, 0)[0]
    ),
  );
  const constant = await test.mapValues("y = random(1, 2, u32(index(N)))", [0, 0, 0, 0, 0], {
    y: "u32",
  });
  assert.deepEqual(
    asIntegers(constant, "u32"),
    [0, 1, 2, 3, 4].map((count) => threefry2x32(1, 2, count, 0)[0]),
  );
});
