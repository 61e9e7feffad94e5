/** The `train` stage: trains a model on a tokenize stage's training split. */

import { makePlan } from "../../graph/plan/make_plan.ts";
import { withPurpose } from "../../runtime/device.ts";
import { openDevice } from "../../runtime/open_device.ts";
import { digestValue } from "../compile/digest.ts";
import type { Metrics, StageContext, StageKind } from "../compile/stage_kind.ts";
import { openTokens, type Tokens } from "../data/open_tokens.ts";
import type { Split } from "../data/token_writer.ts";
import { describeModel } from "../model/describe_model.ts";
import type { Model } from "../model/model.ts";
import { buildTrainPrograms } from "../model/train_programs.ts";
import type { TrainConfig } from "../schema/definitions.ts";
import type { TokenSplit } from "./batches.ts";
import type { StepMetrics } from "./metrics_lines.ts";
import { modelFiles } from "./model_files.ts";
import { profileTraining } from "./profile/profile_training.ts";
import { trainModel } from "./train_model.ts";

/**
 * Writes `metrics.jsonl`, `timing.jsonl` and `checkpoint/`; if it is profiled, `trace.json` as
 * well.
 *
 * Metrics: params, active_params, steps, tokens, train_loss (nats per token, the mean of the last
 * tenth of the steps), val_loss (nats per token over the whole held-out split, absent if nothing is
 * held out), flops_per_token (forward and backward).
 */
export const trainStage: StageKind<TrainConfig> = {
  kind: "train",
  sources: [
    "pipelines/train/train_stage.ts",
    "pipelines/compile/stage_models.ts",
    "pipelines/model/hugging_face/read_folder.ts",
  ],
  computes: true,
  profiles: true,
  async run(context) {
    const tokens = await openTokens(context.input(context.config.data).dir);
    try {
      return await train(context, tokens);
    } finally {
      tokens.close();
    }
  },
};

async function train(context: StageContext<TrainConfig>, tokens: Tokens): Promise<Metrics> {
  const { id, config, compute, seed } = context;
  const { batch, accumulate } = config;
  if (batch % accumulate !== 0) {
    throw new RangeError(
      `Cannot train ${id}: batch is ${batch}, it must be a multiple of accumulate, ${accumulate}`,
    );
  }
  const { vocab, seq, eos } = tokens.stats;
  const model = context.model(config.model, { vocab, seq });
  const { params, active_params, flops_per_token } = describeModel(model);
  const files = await modelFiles(context, model, eos);
  const steps = stepsOf(config, seq, flops_per_token);
  const programs = buildTrainPrograms(model, {
    ...config,
    batch: batch / accumulate,
  });
  let purpose = id;
  const device = await openDevice(makePlan({ ...programs }), {
    ...compute,
    ...withPurpose(compute, () => purpose),
  });
  try {
    const { accumulate } = config;
    const profile = compute.profile
      ? profileTraining({ ...context, device, accumulate })
      : undefined;
    const train = splitOf(tokens, "train");
    const lines = await trainModel({
      ...context,
      steps,
      model,
      data: {
        train: profile?.split(train) ?? train,
        heldOut: splitOf(tokens, "held_out"),
        documentAt: (position) => tokens.documentAt("train", position),
      },
      device: profile?.device ?? device,
      ...(profile === undefined ? {} : { profile }),
      onWait: (what) => purpose = what,
      files,
      digest: digestValue({ config, seed, steps, parameters: describeParameters(model) }),
    });
    const { val_loss } = lines[lines.length - 1];
    return {
      params,
      active_params,
      steps,
      tokens: steps * batch * seq,
      train_loss: meanLoss(lines.slice(-Math.ceil(steps / 10))),
      ...(val_loss === undefined ? {} : { val_loss }),
      flops_per_token,
    };
  } finally {
    await device.close();
  }
}

/** Steps of a training; a budget is rounded up to whole steps. */
export function stepsOf(
  { steps, budget, batch }: TrainConfig,
  seq: number,
  flopsPerToken: number,
): number {
  if (steps !== undefined) return steps;
  const tokens = budget.tokens ?? budget.flops / flopsPerToken;
  return Math.max(1, Math.ceil(tokens / (batch * seq)));
}

function splitOf(tokens: Tokens, split: Split): TokenSplit {
  return {
    tokens: tokens.stats[split].tokens,
    read: (position, target) => tokens.read(split, position, target),
  };
}

function describeParameters(model: Model): unknown {
  return model.parameters.map(({ name, type }) => [name, type.dims.map(({ size }) => size)]);
}

function meanLoss(lines: readonly StepMetrics[]): number {
  return lines.reduce((sum, { loss }) => sum + loss, 0) / lines.length;
}
