/** Bench `compile`: from the text of a pipeline until the first step is done. */

import type { Bench } from "./bench.ts";
import { benchModels } from "./bench_training.ts";
import { trainFresh } from "./fresh_training.ts";
import { median } from "./stopwatch.ts";

const ROUNDS = 5;

/**
 * Measures the start of a training, each in a Worker of its own; modules are loaded before it
 * begins.
 */
export const compileBench: Bench = {
  shapes: benchModels,
  async measure(shape, engine) {
    const [plan, first]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const { planMs, firstStepMs } = await trainFresh({ model: shape, engine, steps: 1 });
      plan.push(planMs);
      first.push(firstStepMs);
    }
    return {
      figures: {
        ms_median: median(first),
        ms_min: Math.min(...first),
        plan_ms_median: median(plan),
      },
    };
  },
};
