/** What the trainings of a pipeline will cost, without allocating any of it. */

import { bytesOf, makePlan } from "../../graph/plan/make_plan.ts";
import { blocksOf } from "../model/blocks_of.ts";
import { compileModel } from "../model/compile_model.ts";
import { describeModel, type ModelDescription } from "../model/describe_model.ts";
import { buildTrainPrograms } from "../model/train_programs.ts";
import { momentNames } from "../model/update_program.ts";
import { stepsOf } from "../train/train_stage.ts";
import type { Pipeline } from "./compile.ts";
import { locateIn, modelSizes } from "./stage_models.ts";

/** Bytes on a device. */
export interface TrainingMemory {
  readonly parameters: number;
  readonly gradients: number;
  /** Moments of the optimizer. */
  readonly optimizer: number;
  /** Batches, losses and other values that the host writes or reads. */
  readonly inputs_and_outputs: number;
  /** Values that live within a step: activations and what the backward pass needs of them. */
  readonly activations: number;
  readonly total: number;
}

/** A train stage. */
export interface TrainingPlan extends ModelDescription {
  readonly stage: string;
  /** Sizes of the dims of the model and of its data. */
  readonly dims: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly tokens_per_step: number;
  readonly memory: TrainingMemory;
  /** Kernel launches of one run of each program. */
  readonly launches: Readonly<Record<string, number>>;
}

/** Plans every train stage of a pipeline. */
export function planTrainings({ config, resolved }: Pipeline): readonly TrainingPlan[] {
  const blocks = blocksOf(config.blocks, locateIn(resolved), []);
  const source = { models: config.models, blocks, locate: locateIn(resolved) };
  return Object.entries(config.stages).flatMap(([stage, train]): TrainingPlan[] => {
    if (train.kind !== "train" || config.models[train.model].use === undefined) return [];
    const model = compileModel(source, train.model, modelSizes(config, train.model));
    const description = describeModel(model);
    const { batch, accumulate } = train;
    const { seq } = model.dims;
    const programs = buildTrainPrograms(model, { ...train, batch: batch / accumulate });
    const plan = makePlan({ ...programs });
    const sum = (test: (name: string) => boolean) =>
      [...plan.buffers.values()].filter(({ name }) => test(name))
        .reduce((total, { type }) => total + bytesOf(type), 0);
    const all = sum(() => true);
    const parameters = sum((name) => name.startsWith("param/"));
    const gradients = sum((name) => name.startsWith("grad/"));
    const moments = momentNames(train.optimizer);
    const optimizer = sum((name) => moments.some((moment) => name.startsWith(`${moment}/`)));
    return [{
      stage,
      ...description,
      dims: model.dims,
      steps: stepsOf(train, seq, description.flops_per_token),
      tokens_per_step: batch * seq,
      memory: {
        parameters,
        gradients,
        optimizer,
        inputs_and_outputs: all - parameters - gradients - optimizer,
        activations: plan.bytes - all,
        total: plan.bytes,
      },
      launches: Object.fromEntries(
        [...plan.programs].map(([name, { launches }]) => [name, launches.length]),
      ),
    }];
  });
}
