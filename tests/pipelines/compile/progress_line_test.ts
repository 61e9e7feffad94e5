import assert from "node:assert/strict";
import { duration, progressLine } from "../../../pipelines/compile/progress_line.ts";

function recorder() {
  const lines: string[] = [];
  const clock = { time: 0 };
  const progress = progressLine("model", (line) => lines.push(line), () => clock.time);
  return { lines, clock, progress };
}

Deno.test("progressLine() works out the rate and the time left", () => {
  const { lines, clock, progress } = recorder();
  progress.update(100, 2000, "steps");
  clock.time = 2000;
  progress.update(140, 2000, "steps", "loss 2.31");
  assert.deepEqual(lines, [
    "model: 100/2000 steps (5%)",
    "model: 140/2000 steps (7%), 20.0 steps/s, 1 min 33 s left, loss 2.31",
  ]);
});

Deno.test("progressLine() shows ten lines per second at most, and always the last", () => {
  const { lines, clock, progress } = recorder();
  for (let done = 1; done <= 1000; done++) {
    clock.time = done;
    progress.update(done, 1000, "documents");
  }
  assert.equal(lines.length, 11);
  assert.equal(lines.at(-1), "model: 1000/1000 documents (100%), 1000 documents/s");
});

Deno.test("progressLine() follows a rate that changes", () => {
  const { lines, clock, progress } = recorder();
  for (let second = 0; second <= 60; second++) {
    clock.time = second * 1000;
    progress.update(second <= 30 ? second * 100 : 3000 + (second - 30), undefined, "steps");
  }
  assert.equal(lines.at(-1), "model: 3030 steps, 1.00 steps/s");
});

Deno.test("progressLine() shows bytes in thousands and millions", () => {
  const { lines, clock, progress } = recorder();
  progress.update(0, 8_657_373, "bytes");
  clock.time = 1000;
  progress.update(2_000_000, 8_657_373, "bytes");
  assert.deepEqual(lines, [
    "model: 0.0k/8.7M bytes (0%)",
    "model: 2.0M/8.7M bytes (23%), 2.0M bytes/s, 3.3 s left",
  ]);
});

Deno.test("duration() has two or three digits", () => {
  const cases: [number, string][] = [
    [0.0412, "0.04 s"],
    [1.24, "1.2 s"],
    [9.96, "10.0 s"],
    [46.4, "46 s"],
    [59.6, "1 min 0 s"],
    [200, "3 min 20 s"],
    [7500, "2 h 5 min"],
  ];
  for (const [seconds, text] of cases) assert.equal(duration(seconds), text);
});
