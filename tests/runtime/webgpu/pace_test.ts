import assert from "node:assert/strict";
import { makePace } from "../../../runtime/webgpu/pace.ts";

Deno.test("makePace() learns the device's speed from its fastest wait, and limits from the median", () => {
  const pace = makePace(2, 100);
  assert.equal(pace.factor(), 2);
  assert.equal(pace.limitMs(1, false), 100);
  assert.equal(pace.limitMs(50, false), 10 * 2 * 50);
  assert.equal(pace.limitMs(1, true), 24 * 100);
  for (const ms of [70, 30, 50]) pace.note(10, ms);
  assert.equal(pace.factor(), 3);
  assert.equal(pace.limitMs(10, false), 10 * 50);
  assert.equal(pace.limitMs(10, true), 24 * 10 * 50);
});

Deno.test("makePace() forgets what is long ago, and learns nothing from waits for nothing", () => {
  const pace = makePace(1, 100);
  pace.note(10, 1);
  pace.note(0, 12);
  for (let i = 0; i < 15; i++) pace.note(1, 8);
  assert.equal(pace.factor(), 8);
});
