/** Steps that a device has been given, and whose results have not been read yet. */

import { join } from "node:path";
import { createBatches } from "./batches.ts";
import type { StepMetrics } from "./metrics_lines.ts";
import type { Training } from "./train_model.ts";
import type { ReadStep, StepResult } from "./trainer.ts";

/** A step whose results have not been read yet. */
export interface OpenStep {
  readonly step: number;
  readonly lr: number;
  /** Time that the host spent on it. */
  readonly stepMs: number;
  readonly read: ReadStep;
}

/** Waits for open steps. What goes wrong on a device that queues may be due to any of them. */
export async function readSteps(
  { id, onWait }: Training,
  open: readonly OpenStep[],
): Promise<readonly StepResult[]> {
  const [first, last] = [open.at(0)?.step, open.at(-1)?.step];
  const which = first === last ? `step ${first} of ${id}` : `steps ${first} to ${last} of ${id}`;
  onWait?.(which);
  try {
    return await Promise.all(open.map(({ read }) => read()));
  } catch (error) {
    throw explained(`take ${which}`, error);
  }
}

/**
 * The lines of metrics of steps, without held-out losses. Throws an Error behind those of good
 * steps where a step's loss or gradients are not finite; `saved` is the step of the last
 * checkpoint.
 */
export function* finiteLines(
  training: Training,
  steps: readonly OpenStep[],
  results: readonly StepResult[],
  saved: number,
): Generator<StepMetrics> {
  const { config, model } = training;
  for (const [i, { step, lr }] of steps.entries()) {
    const { loss, gradNorm } = results[i];
    if (!Number.isFinite(loss)) refuseStep(training, step, `the loss is ${loss}`, saved);
    if (!Number.isFinite(gradNorm)) {
      refuseStep(training, step, `the norm of the gradients is ${gradNorm}`, saved);
    }
    const tokens = step * config.batch * model.dims.seq;
    yield { step, tokens, loss, lr, grad_norm: gradNorm };
  }
}

/**
 * Throws an Error that says why a training cannot go on, from where it can, and what it had read.
 */
export function refuseStep(
  { id, config, seed, dir, data, model }: Training,
  step: number,
  what: string,
  saved: number,
): never {
  const { seq } = model.dims;
  const batches = createBatches({ ...config, tokens: data.train.tokens, seq, seed });
  const documents = new Set<string>();
  for (const start of batches.starts(step)) {
    for (let i = 0; i <= seq; i++) documents.add(data.documentAt(start + i));
  }
  const checkpoint = saved === 0
    ? "there is no checkpoint"
    : `the last good checkpoint, ${join(dir, "checkpoint")}, is of step ${saved}`;
  throw new Error(
    `Cannot train ${id} beyond step ${step}: ${what}; ${checkpoint}; ` +
      `the documents of the step are ${[...documents].join(", ")}`,
  );
}

/** An Error that names what could not be done. */
export function explained(what: string, error: unknown): Error {
  const detail = error instanceof Error ? error.message : String(error);
  return new Error(`Cannot ${what}: ${detail}`, { cause: error });
}
