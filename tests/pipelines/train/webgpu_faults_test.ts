import assert from "node:assert/strict";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { plainTensors } from "../../../pipelines/model/hugging_face/stored_tensors.ts";
import { buildTrainPrograms } from "../../../pipelines/model/train_programs.ts";
import { readMetrics } from "../../../pipelines/train/metrics_lines.ts";
import { type Training, trainModel } from "../../../pipelines/train/train_model.ts";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { holdAdapter, webgpuTest } from "../../webgpu_engine.ts";
import { modelSource } from "../model/_model_source.ts";
import { toyTraining } from "./_toy_training.ts";

const source = modelSource(`
models:
  small: {use: decoder, dims: {layers: 1, embed: 16, heads: 2, kv_heads: 1, head_dim: 8, mlp: 32, vocab: 32}}
`);

/**
 * A training of a real model on a device of this machine; `onStep` is called with the steps done.
 */
async function openTraining(
  dir: string,
  onStep: (done: number, gpu: GPUDevice) => void,
): Promise<Training> {
  const toy = toyTraining({ dir, steps: 30, config: { optimizer: { ...OPTIMIZER, lr: 0.01 } } });
  const model = compileModel(source, "small", { seq: toy.model.dims.seq });
  const { config } = toy;
  const { batch, accumulate } = config;
  const programs = buildTrainPrograms(model, { ...config, batch: batch / accumulate });
  const { adapter, gpu } = await holdAdapter("toy");
  const device = await openWebgpuDevice(makePlan({ ...programs }), { adapter });
  const files = { ...toy.files, tensors: plainTensors(model.parameters) };
  const progress = { update: (done: number) => onStep(done, gpu()) };
  return { ...toy, model, device, files, progress };
}

const OPTIMIZER = {
  kind: "adamw",
  betas: [0.9, 0.99],
  eps: 1e-8,
  weight_decay: 0,
  decay: "all",
} as const;

/** Trains and returns what it leaves: its metrics, or the error's message. */
async function train(dir: string, onStep: (done: number, gpu: GPUDevice) => void) {
  const training = await openTraining(dir, onStep);
  try {
    return await trainModel(training);
  } catch (error) {
    return (error as Error).message;
  } finally {
    await training.device.close();
  }
}

webgpuTest(
  "trainModel() names the steps in which the GPU was lost, and goes on from the checkpoint",
  async () => {
    const [whole, cut] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
    try {
      const expected = await train(whole, () => {});
      // Everything is read at step 14 for the held-out loss; what comes then is lost.
      const lost = await train(cut, (done, gpu) => {
        if (done === 14) gpu.destroy();
      });
      assert.match(
        String(lost),
        /^Cannot take steps? 15( to \d+)? of train: Cannot .* device 0 \(webgpu, toy\): the device was lost \(destroyed\): .*, in flight: \d+ x step \(\d+ launches, the costliest op .*\), \d+ x update \(/,
      );
      assert.equal((await readMetrics(cut)).length, 14);
      assert.deepEqual(await train(cut, () => {}), expected);
    } finally {
      for (const dir of [whole, cut]) await Deno.remove(dir, { recursive: true });
    }
  },
);
