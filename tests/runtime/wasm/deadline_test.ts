import assert from "node:assert/strict";
import { makeDeadline } from "../../../runtime/wasm/deadline.ts";

Deno.test("makeDeadline() is the larger of the patience and ten median runs", () => {
  const deadline = makeDeadline(5000);
  deadline.note(100);
  assert.equal(deadline.limitMs(), 5000);
  for (const ms of [900, 700, 800]) deadline.note(ms);
  assert.equal(deadline.limitMs(), 8000);
});

Deno.test("makeDeadline() has more patience with the first run", () => {
  assert.equal(makeDeadline(5000).limitMs(), 120_000);
});

Deno.test("makeDeadline() forgets old runs", () => {
  const deadline = makeDeadline(10);
  for (let i = 0; i < 20; i++) deadline.note(1000);
  assert.equal(deadline.limitMs(), 10_000);
  for (let i = 0; i < 8; i++) deadline.note(2);
  assert.equal(deadline.limitMs(), 20);
});
