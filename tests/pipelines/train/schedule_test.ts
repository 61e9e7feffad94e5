import assert from "node:assert/strict";
import type { ScheduleConfig } from "../../../pipelines/schema/definitions.ts";
import { shareAt } from "../../../pipelines/train/schedule.ts";

/** The shares of all steps. */
function shares(schedule: ScheduleConfig, steps: number): number[] {
  return Array.from({ length: steps }, (_, i) => shareAt(schedule, steps, i + 1));
}

Deno.test("shareAt() of constant rises to 1 and stays", () => {
  assert.deepEqual(shares({ kind: "constant", warmup: 0 }, 3), [1, 1, 1]);
  assert.deepEqual(shares({ kind: "constant", warmup: 4 }, 6), [0.25, 0.5, 0.75, 1, 1, 1]);
  assert.deepEqual(shares({ kind: "constant", warmup: 4 }, 2), [0.25, 0.5]);
});

Deno.test("shareAt() of linear falls to final at the last step, or after decay steps", () => {
  assert.deepEqual(shares({ kind: "linear", warmup: 0, final: 0 }, 4), [0.75, 0.5, 0.25, 0]);
  assert.deepEqual(
    shares({ kind: "linear", warmup: 2, final: 0.5 }, 6),
    [0.5, 1, 0.875, 0.75, 0.625, 0.5],
  );
  assert.deepEqual(
    shares({ kind: "linear", warmup: 1, decay: 2, final: 0.5 }, 5),
    [1, 0.75, 0.5, 0.5, 0.5],
  );
});

Deno.test("shareAt() of cosine is halfway down in the middle and at final in the end", () => {
  const all = shares({ kind: "cosine", warmup: 2, final: 0.1 }, 6);
  const expected = [
    0.5,
    1,
    0.1 + 0.9 * (1 + Math.SQRT1_2) / 2,
    0.55,
    0.1 + 0.9 * (1 - Math.SQRT1_2) / 2,
    0.1,
  ];
  all.forEach((share, i) => assert.ok(Math.abs(share - expected[i]) < 1e-15, `step ${i + 1}`));
  assert.equal(shareAt({ kind: "cosine", warmup: 0, decay: 10, final: 0.25 }, 50, 30), 0.25);
});

Deno.test("shareAt() of wsd falls along a line over the last steps", () => {
  assert.deepEqual(
    shares({ kind: "wsd", warmup: 2, decay: 4, final: 0 }, 8),
    [0.5, 1, 1, 1, 0.75, 0.5, 0.25, 0],
  );
  assert.deepEqual(shares({ kind: "wsd", warmup: 2, decay: 4, final: 0.5 }, 4), [
    0.5,
    0.75,
    0.625,
    0.5,
  ]);
});

Deno.test("shareAt() reaches final even where warmup takes all steps", () => {
  assert.deepEqual(shares({ kind: "linear", warmup: 2, final: 0 }, 2), [0.5, 1]);
});
