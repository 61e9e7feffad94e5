/** A real model on a device, ready to take steps. */

import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { buildTrainPrograms } from "../../../pipelines/model/train_programs.ts";
import { createTrainer, type ReadStep } from "../../../pipelines/train/trainer.ts";
import type { Device } from "../../../runtime/device.ts";
import { modelSource } from "../model/_model_source.ts";
import { toySplit } from "./_toy_training.ts";

/** Steps of the model, which count from 1; and the device it is on. */
export interface SmallTraining<D extends Device> {
  readonly device: D;
  step(step: number): ReadStep;
}

const OPTIMIZER = {
  kind: "adamw",
  lr: 1e-3,
  betas: [0.9, 0.95],
  eps: 1e-8,
  weight_decay: 0.1,
  decay: "matrices",
} as const;

/** A Llama of these dims, for batches of 4 sequences of 16 tokens in `accumulate` parts. */
export async function openSmallTraining<D extends Device>(
  dims: string,
  accumulate: number,
  open: (plan: Plan) => Promise<D>,
): Promise<SmallTraining<D>> {
  const [batch, seq] = [4, 16];
  const source = modelSource(`models: {small: {use: decoder, dims: {${dims}, vocab: 32}}}`);
  const model = compileModel(source, "small", { seq });
  const programs = buildTrainPrograms(model, {
    batch: batch / accumulate,
    accumulate,
    optimizer: OPTIMIZER,
    clip: 1,
    z_loss: 0,
  });
  const device = await open(makePlan({ ...programs }));
  const config = { batch, accumulate, optimizer: OPTIMIZER };
  const trainer = createTrainer({ device, model, config, seed: 1 });
  await trainer.initialize();
  const split = toySplit(1000);
  return {
    device,
    step(step) {
      const starts = Array.from({ length: batch }, (_, row) => (7 * step + 13 * row) % 900);
      return trainer.step(step, split, starts, 1e-3);
    },
  };
}
