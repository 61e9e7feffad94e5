import assert from "node:assert/strict";
import { createRandom, deriveSeed } from "../../../pipelines/compile/random.ts";

Deno.test("deriveSeed() gives the same seeds for ever", () => {
  assert.equal(deriveSeed(17), 3333532388);
  assert.equal(deriveSeed(17, "train"), 728062616);
});

Deno.test("deriveSeed() tells labels apart by text, type, order and boundaries", () => {
  const seeds = [
    deriveSeed(1, "ab"),
    deriveSeed(1, "a", "b"),
    deriveSeed(1, "b", "a"),
    deriveSeed(1, 1),
    deriveSeed(1, "1"),
    deriveSeed(1, 2 ** 32 + 1),
    deriveSeed(2, "ab"),
    deriveSeed(1),
  ];
  assert.equal(new Set(seeds).size, seeds.length);
});

Deno.test("createRandom() gives the same numbers for ever", () => {
  const random = createRandom(17);
  assert.deepEqual([random.next(), random.next(), random.next()], [
    4118369820,
    1192154453,
    730923875,
  ]);
  assert.equal(random.integer(1000), 50);
  assert.equal(random.uniform(), 0.8792023321148008);
  assert.deepEqual([random.normal(), random.normal()], [1.3150227871211053, 1.0221609542162116]);
  assert.deepEqual(random.shuffle([0, 1, 2, 3, 4, 5]), [4, 3, 0, 1, 2, 5]);
});

Deno.test("integer() covers its range evenly", () => {
  const random = createRandom(3);
  const counts = new Array<number>(6).fill(0);
  for (let draw = 0; draw < 60_000; draw++) counts[random.integer(6)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 400, `${counts}`);
  assert.equal(random.integer(1), 0);
  assert.ok(random.integer(2 ** 32) < 2 ** 32);
});

Deno.test("normal() has mean 0, variance 1 and the tails of a normal distribution", () => {
  const random = createRandom(5);
  const count = 100_000;
  let sum = 0, squares = 0, beyond2 = 0;
  for (let draw = 0; draw < count; draw++) {
    const value = random.normal();
    sum += value;
    squares += value * value;
    if (Math.abs(value) > 2) beyond2++;
  }
  assert.ok(Math.abs(sum / count) < 0.01, `mean ${sum / count}`);
  assert.ok(Math.abs(squares / count - 1) < 0.015, `variance ${squares / count}`);
  assert.ok(Math.abs(beyond2 / count - 0.0455) < 0.002, `share beyond 2: ${beyond2 / count}`);
});

Deno.test("shuffle() makes every order equally likely and pick() every element", () => {
  const random = createRandom(9);
  const orders = new Map<string, number>();
  for (let draw = 0; draw < 12_000; draw++) {
    const order = random.shuffle(["a", "b", "c"]).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  for (const count of orders.values()) assert.ok(Math.abs(count - 2000) < 200, `${count}`);
  const picked = new Set(Array.from({ length: 100 }, () => random.pick([7, 8, 9])));
  assert.deepEqual([...picked].sort(), [7, 8, 9]);
});
