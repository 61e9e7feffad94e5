/** Bench `memory`: what a training holds, beside what its plan says. */

import type { Bench } from "./bench.ts";
import { benchModels } from "./bench_training.ts";
import { trainFresh } from "./fresh_training.ts";

const STEPS = 5;

/**
 * Measures the memory of the whole process, Deno itself included. So the bench comes before
 * others, and is most exact for the first model of a process.
 */
export const memoryBench: Bench = {
  shapes: benchModels,
  async measure(shape, engine) {
    const { planBytes, residentBytes } = await trainFresh({ model: shape, engine, steps: STEPS });
    return { figures: { plan_bytes: planBytes, resident_bytes: residentBytes } };
  },
};
