/** What the trainings of a pipeline will cost, without allocating any of it. */

import { bytesOf, makePlan } from "../../graph/plan/make_plan.ts";
import { loadTokenizerFile } from "../data/tokenizer/load_tokenizer.ts";
import { compileModel } from "../model/compile_model.ts";
import { describeModel, type ModelDescription } from "../model/describe_model.ts";
import type { Model } from "../model/model.ts";
import { buildTrainPrograms } from "../model/train_programs.ts";
import { momentNames } from "../model/update_program.ts";
import type { TrainConfig } from "../schema/definitions.ts";
import { stepsOf } from "../train/train_stage.ts";
import type { Pipeline } from "./compile.ts";
import { describeUnsized, type UnsizedModel } from "./plan_unsized.ts";
import { modelSource } from "./model_source.ts";
import { type DataSizes, dataSizes, locateIn } from "./stage_models.ts";

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
  readonly vocab_known: true;
  readonly stage: string;
  /** Sizes of the dims of the model and of its data. */
  readonly dims: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly tokens_per_step: number;
  readonly memory: TrainingMemory;
  /** Kernel launches of one run of each program. */
  readonly launches: Readonly<Record<string, number>>;
}

/** A train stage of a model with `vocab: auto` whose tokenizer is not there yet. */
export interface UnsizedPlan extends UnsizedModel {
  readonly stage: string;
  /** Absent if it depends on the vocabulary. */
  readonly steps?: number;
  readonly tokens_per_step: number;
}

/**
 * Plans every train stage of a pipeline. A tokenizer file is read for the size of its vocabulary.
 */
export async function planTrainings(
  pipeline: Pipeline,
): Promise<readonly (TrainingPlan | UnsizedPlan)[]> {
  const { config, resolved, folders } = pipeline;
  const source = modelSource({ ...config, folders, locate: locateIn(resolved) });
  const plans: (TrainingPlan | UnsizedPlan)[] = [];
  for (const [stage, train] of Object.entries(config.stages)) {
    if (train.kind !== "train") continue;
    const sizes = await knownSizes(pipeline, train);
    const compile = (vocab = sizes.vocab) =>
      compileModel(source, train.model, { ...sizes, ...(vocab === undefined ? {} : { vocab }) });
    const model = compile();
    plans.push(
      model.vocabKnown ? planTraining(stage, train, model) : planUnsized(stage, train, compile),
    );
  }
  return plans;
}

/** Sizes of the data, that of the vocabulary also if a file tells it. */
async function knownSizes({ config }: Pipeline, train: TrainConfig): Promise<DataSizes> {
  const sizes = dataSizes(config, train.data);
  const data = config.stages[train.data];
  if (data.kind !== "tokenize" || data.tokenizer.file === undefined) return sizes;
  const { vocab } = await loadTokenizerFile(data.tokenizer.file.path);
  return { ...sizes, vocab };
}

function planUnsized(
  stage: string,
  train: TrainConfig,
  compile: (vocab: number) => Model,
): UnsizedPlan {
  const described = describeUnsized(compile);
  const { seq } = described.dims;
  const flops = train.budget?.flops === undefined ? 0 : undefined;
  return {
    stage,
    ...described,
    ...(flops === undefined ? {} : { steps: stepsOf(train, seq, flops) }),
    tokens_per_step: train.batch * seq,
  };
}

function planTraining(stage: string, train: TrainConfig, model: Model): TrainingPlan {
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
  return {
    stage,
    ...description,
    vocab_known: true,
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
  };
}
