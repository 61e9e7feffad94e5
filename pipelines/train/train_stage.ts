/** The `train` stage: trains a model on a tokenize stage's training split. */

import { join } from "node:path";
import { makePlan } from "../../graph/plan/make_plan.ts";
import { isThere } from "../../runtime/atomic_file.ts";
import { withPurpose } from "../../runtime/device.ts";
import { openDevice } from "../../runtime/open_device.ts";
import { digestValue } from "../compile/digest.ts";
import type { Metrics, StageContext, StageKind } from "../compile/stage_kind.ts";
import { openTokens, type Tokens } from "../data/open_tokens.ts";
import type { Split } from "../data/token_writer.ts";
import { describeModel } from "../model/describe_model.ts";
import { exportModel } from "../model/hugging_face/export_model.ts";
import type { Model } from "../model/model.ts";
import { buildTrainPrograms } from "../model/train_programs.ts";
import type { TrainConfig } from "../schema/definitions.ts";
import type { TokenSplit } from "./batches.ts";
import type { ModelFiles } from "./checkpoint.ts";
import type { StepMetrics } from "./metrics_lines.ts";
import { trainModel } from "./train_model.ts";

/** Files of a tokenize stage that a checkpoint takes over. */
const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json"];

/**
 * Writes `metrics.jsonl`, `timing.jsonl` and `checkpoint/`.
 *
 * Metrics: params, active_params, steps, tokens, train_loss (nats per token, the mean of the last tenth
 * of the steps), val_loss (nats per token over the whole held-out split, absent if nothing is held
 * out), flops_per_token (forward and backward).
 */
export const trainStage: StageKind<TrainConfig> = {
  kind: "train",
  sources: [
    "pipelines/train/train_stage.ts",
    "pipelines/compile/stage_models.ts",
    "pipelines/model/hugging_face/read_folder.ts",
  ],
  computes: true,
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
  const { vocab, seq } = tokens.stats;
  const model = context.model(config.model, { vocab, seq });
  const { params, active_params, flops_per_token } = describeModel(model);
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
    const lines = await trainModel({
      ...context,
      steps,
      model,
      data: {
        train: splitOf(tokens, "train"),
        heldOut: splitOf(tokens, "held_out"),
        documentAt: (position) => tokens.documentAt("train", position),
      },
      device,
      onWait: (what) => purpose = what,
      files: await filesOf(context, model, tokens),
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

/** What the checkpoints of a model hold beside its state, and how they hold the parameters. */
async function filesOf(
  { config: { data }, input, log }: StageContext<TrainConfig>,
  model: Model,
  { stats: { eos } }: Tokens,
): Promise<ModelFiles> {
  const { config, tensors, reason } = exportModel(model);
  if (reason !== undefined) log(`checkpoints are for Sluice alone (model_type sluice): ${reason}`);
  const all = { ...config, ...await tokenIds(model, eos), torch_dtype: "float32" };
  const texts: Record<string, string> = { "config.json": JSON.stringify(all, null, 2) + "\n" };
  for (const name of TOKENIZER_FILES) {
    const path = join(input(data).dir, name);
    if (await isThere(path)) texts[name] = await Deno.readTextFile(path);
  }
  return { texts, tensors };
}

/**
 * The ids of the tokens that begin and end texts: as the model's folder has them if its data ends
 * documents with one of them, else what ends documents serves for both.
 */
async function tokenIds({ folder }: Model, eos: number | null): Promise<Record<string, unknown>> {
  const own = { bos_token_id: eos, eos_token_id: eos };
  if (folder === undefined) return own;
  const config = JSON.parse(await Deno.readTextFile(join(folder, "config.json")));
  const { bos_token_id = null, eos_token_id = null } = config;
  const fits = eos === null || [eos_token_id].flat().includes(eos);
  return fits ? { bos_token_id, eos_token_id } : own;
}

function describeParameters(model: Model): unknown {
  return model.parameters.map(({ name, type }) => [name, type.dims.map(({ size }) => size)]);
}

function meanLoss(lines: readonly StepMetrics[]): number {
  return lines.reduce((sum, { loss }) => sum + loss, 0) / lines.length;
}
