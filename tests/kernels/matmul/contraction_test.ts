import assert from "node:assert/strict";
import {
  byteStride,
  extent,
  hasVectors,
  simplify,
  transpose,
} from "../../../kernels/matmul/contraction.ts";

const m = { size: 6, a: 5, b: 0, c: 8 };
const n = { size: 8, a: 0, b: 1, c: 1 };
const k = { size: 5, a: 1, b: 8, c: 0 };

Deno.test("simplify() drops sizes of 1 and merges what is contiguous everywhere", () => {
  const split = {
    batch: [{ size: 1, a: 30, b: 40, c: 48 }],
    m: [{ size: 3, a: 5, b: 0, c: 8 }, { size: 2, a: 15, b: 0, c: 24 }],
    n: [{ size: 2, a: 0, b: 4, c: 4 }, { size: 4, a: 0, b: 1, c: 1 }],
    k: [k],
  };
  assert.deepEqual(simplify(split), { batch: [], m: [m], n: [n], k: [k] });
});

Deno.test("simplify() keeps axes apart that are contiguous in one operand only", () => {
  const heads = { size: 2, a: 0, b: 4, c: 100 };
  const inner = { size: 4, a: 0, b: 1, c: 1 };
  assert.deepEqual(simplify({ batch: [], m: [m], n: [inner, heads], k: [k] }).n, [heads, inner]);
});

Deno.test("transpose() swaps the operands and m with n", () => {
  assert.deepEqual(transpose({ batch: [], m: [m], n: [n], k: [k] }), {
    batch: [],
    m: [{ size: 8, a: 1, b: 0, c: 1 }],
    n: [{ size: 6, a: 0, b: 5, c: 8 }],
    k: [{ size: 5, a: 8, b: 1, c: 0 }],
  });
});

Deno.test("extent(), byteStride() and hasVectors() describe a group of axes", () => {
  const heads = { size: 3, a: 0, b: 4, c: 100 };
  assert.deepEqual([extent([]), extent([n, k])], [1, 40]);
  assert.deepEqual([byteStride([], "a"), byteStride([k], "b")], [0, 32]);
  assert.equal(byteStride([n, k], "b"), undefined);
  assert.equal(hasVectors([], "c"), true);
  assert.equal(hasVectors([{ ...n, size: 7 }], "c"), true);
  assert.equal(hasVectors([m], "c"), false);
  assert.equal(hasVectors([heads, { ...n, size: 4 }], "c"), true);
  assert.equal(hasVectors([heads, { ...n, size: 6 }], "c"), false);
});
