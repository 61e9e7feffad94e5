/** The models that benches train, from the text of a pipeline to a trainer on a device. */

import type { Graph } from "../../../graph/ir/graph.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import type { Device } from "../../../runtime/device.ts";
import { modelSource } from "../../compile/model_source.ts";
import { compileModel } from "../../model/compile_model.ts";
import type { Model } from "../../model/model.ts";
import { buildTrainPrograms } from "../../model/train_programs.ts";
import type { TrainConfig } from "../../schema/definitions.ts";
import { resolvePipeline } from "../../schema/resolve.ts";
import { createTrainer, type ReadStep } from "../../train/trainer.ts";

/** `nanogpt` is nanoGPT's CPU model, which `tests/bench/step.py` has in PyTorch. */
const PIPELINE = `version: 1
name: bench
models:
  baby:
    use: decoder
    dims: {layers: 4, embed: 128, heads: 4, kv_heads: 4, head_dim: 32, mlp: 512, vocab: 96}
  small:
    use: decoder
    dims: {layers: 6, embed: 256, heads: 8, kv_heads: 8, head_dim: 32, mlp: 1024, vocab: 4096}
  nanogpt:
    use: gpt2
    dims: {layers: 4, embed: 128, heads: 4, head_dim: 32, mlp: 512, vocab: 65}
    bias: false
stages: {}
`;

const BATCHES: Readonly<Record<string, { readonly batch: number; readonly seq: number }>> = {
  baby: { batch: 12, seq: 64 },
  small: { batch: 8, seq: 256 },
  nanogpt: { batch: 12, seq: 64 },
};

/** Names of the models. */
export const benchModels: readonly string[] = Object.keys(BATCHES);

/** A training, planned. */
export interface BenchPlan {
  readonly model: Model;
  readonly config: Pick<TrainConfig, "batch" | "accumulate" | "optimizer">;
  readonly plan: Plan;
}

/** A training on a device. */
export interface BenchTraining {
  /** Takes step 1, 2, ... */
  readonly step: (step: number) => ReadStep;
  readonly tokensPerStep: number;
}

const OPTIMIZER = {
  kind: "adamw",
  lr: 1e-3,
  betas: [0.9, 0.99],
  eps: 1e-8,
  weight_decay: 0.1,
  decay: "matrices",
} as const;

/**
 * Plans the training of a model as a run does: AdamW, clipped to 1.0; with further graphs beside
 * it.
 */
export function planBenchTraining(
  name: string,
  more: Readonly<Record<string, Graph>> = {},
): BenchPlan {
  const { config, place, keyPlace } = resolvePipeline("bench.yaml", {
    cwd: "/",
    readText: () => PIPELINE,
  });
  const source = modelSource({
    ...config,
    folders: {},
    locate: (path, part) => part === "key" ? keyPlace(path) : place(path),
  });
  const { batch, seq } = BATCHES[name];
  const model = compileModel(source, name, { seq });
  const options = { batch, accumulate: 1, optimizer: OPTIMIZER, clip: 1, z_loss: 0 };
  return {
    model,
    config: options,
    plan: makePlan({ ...buildTrainPrograms(model, options), ...more }),
  };
}

/** Begins a training on a device of its plan. */
export async function openBenchTraining(
  { model, config }: BenchPlan,
  device: Device,
): Promise<BenchTraining> {
  const trainer = createTrainer({ device, model, config, seed: 1 });
  await trainer.initialize();
  const { seq, vocab } = model.dims;
  const tokens = 2 ** 20;
  const split = {
    tokens,
    read: (position: number, target: Int32Array) => {
      for (let i = 0; i < target.length; i++) target[i] = (position + i) * 7919 % vocab;
    },
  };
  return {
    tokensPerStep: config.batch * seq,
    step(step) {
      const starts = Array.from(
        { length: config.batch },
        (_, row) => (step * 131 + row) * seq % (tokens - seq),
      );
      return trainer.step(step, split, starts, OPTIMIZER.lr);
    },
  };
}
