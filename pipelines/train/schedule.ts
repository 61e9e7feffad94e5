/** The learning rate over the steps of a training. */

import type { ScheduleConfig } from "../schema/definitions.ts";

/**
 * The share of the largest rate at `step` (1 to `steps`): the lower of a rising and a falling curve.
 *
 * Rising: `step / warmup` up to step `warmup`, then 1. Falling, to `final` and staying there:
 * - `constant`: never.
 * - `linear`, `cosine`: over the `decay` steps after warmup; without `decay`, up to the last step.
 * - `wsd`: along a line, over the last `decay` steps.
 */
export function shareAt(schedule: ScheduleConfig, steps: number, step: number): number {
  const rising = schedule.warmup === 0 ? 1 : Math.min(1, step / schedule.warmup);
  return Math.min(rising, falling(schedule, steps, step));
}

function falling(schedule: ScheduleConfig, steps: number, step: number): number {
  if (schedule.kind === "constant") return 1;
  const { kind, warmup, decay = Math.max(1, steps - warmup), final } = schedule;
  const start = kind === "wsd" ? steps - decay : warmup;
  const done = Math.min(1, Math.max(0, (step - start) / decay));
  const left = kind === "cosine" ? (1 + Math.cos(Math.PI * done)) / 2 : 1 - done;
  return final + (1 - final) * left;
}
