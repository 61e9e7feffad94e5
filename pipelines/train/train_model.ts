/** The training loop: steps, held-out losses, metrics, checkpoints, and going on after a crash. */

import { join } from "node:path";
import { isThere, removeIfThere } from "../../runtime/atomic_file.ts";
import type { Device } from "../../runtime/device.ts";
import type { StageContext } from "../compile/stage_kind.ts";
import type { Model } from "../model/model.ts";
import type { TrainConfig } from "../schema/definitions.ts";
import { createBatches, type TokenSplit } from "./batches.ts";
import { breathe } from "./breathe.ts";
import {
  loadCheckpoint,
  markEvaluated,
  type ModelFiles,
  removeCheckpoints,
  type Retention,
  saveCheckpoint,
} from "./checkpoint.ts";
import { heldOutLoss } from "./held_out_loss.ts";
import {
  addHeldOutLoss,
  cutMetrics,
  digestMetrics,
  type MetricsWriter,
  openMetrics,
  readMetrics,
  type StepMetrics,
} from "./metrics_lines.ts";
import { shareAt } from "./schedule.ts";
import { explained, finiteLines, type OpenStep, readSteps, refuseStep } from "./open_steps.ts";
import { noted, type TrainingProfile } from "./profile/profile_training.ts";
import { createTrainer, type ReadStep, type Trainer } from "./trainer.ts";

/** The tokens of a tokenize stage. */
export interface TrainingData {
  readonly train: TokenSplit;
  readonly heldOut: TokenSplit;
  /** The id of the document that the token at `position` of the training split belongs to. */
  documentAt(position: number): string;
}

/** A training. The device's plan has the programs `step`, `update` and `evaluate` of the model. */
export interface Training
  extends Pick<StageContext<TrainConfig>, "id" | "config" | "seed" | "dir" | "progress" | "log"> {
  readonly signal: AbortSignal;
  readonly steps: number;
  readonly model: Model;
  readonly data: TrainingData;
  readonly device: Device;
  readonly files: ModelFiles;
  /** Digest of everything a checkpoint must agree with. */
  readonly digest: string;
  /** Is told what the device is about to be waited for: `steps 3 to 12 of model`. */
  readonly onWait?: (doing: string) => void;
  /** There if the training is profiled: `device` and `data` then tell it what they do. */
  readonly profile?: TrainingProfile;
}

/**
 * Losses are read after so many steps or milliseconds, or when they are needed: reading may be
 * slow.
 */
const READ_EVERY = 10;
const READ_MS = 500;

type HeldOut = Pick<StepMetrics, "val_loss">;

/**
 * Trains to the last step and returns all lines of metrics.jsonl. Goes on from the checkpoint in
 * `dir` if there is one. When interrupted, it saves a checkpoint and throws the signal's reason; a
 * held-out loss that this cuts off is measured before training goes on.
 */
export async function trainModel(training: Training): Promise<StepMetrics[]> {
  const { config, dir, model, data, steps, signal, progress, profile } = training;
  const { seq } = model.dims;
  const batches = createBatches({ ...config, tokens: data.train.tokens, seq, seed: training.seed });
  const trainer = createTrainer(training);
  let saved = await resume(training, trainer);
  profile?.plan(saved, steps);
  if (saved === steps) return await readMetrics(dir);
  const metrics = await openMetrics(dir);
  try {
    let open: OpenStep[] = [];
    let settled = performance.now();
    let loss = NaN;
    /** How long the device was waited for, for each of the steps that were read last. */
    let waitMs = READ_MS;
    /**
     * Reads what is open and writes it down up to what is not finite, where it stops. False if an
     * interruption has left the held-out loss out.
     */
    const settle = async (evaluates: boolean): Promise<boolean> => {
      const start = performance.now();
      const results = await noted(profile, "read losses", () => readSteps(training, open));
      if (open.length > 0) waitMs = (performance.now() - start) / open.length;
      const lines: StepMetrics[] = [];
      let found: HeldOut | undefined = {};
      try {
        for (const line of finiteLines(training, open, results, saved)) lines.push(line);
        loss = lines.at(-1)?.loss ?? loss;
        if (evaluates) {
          const last = lines[lines.length - 1];
          found = await noted(
            profile,
            "held-out loss",
            () => evaluate(training, last.step, saved),
          );
          lines[lines.length - 1] = { ...last, ...found };
        }
      } finally {
        const write = () => append(metrics, lines, open, waitMs, config.batch * seq);
        await noted(profile, "write metrics", write);
      }
      open = [];
      settled = performance.now();
      return found !== undefined;
    };
    const save = async (step: number, evaluated: boolean) => {
      await settle(false);
      await metrics.sync();
      await noted(
        profile,
        "checkpoint",
        () => saveTraining(training, trainer, step, evaluated),
      );
      saved = step;
    };
    const stop = async (step: number, evaluated: boolean) => {
      if (step > saved) await save(step, evaluated);
      leave(training, saved);
    };
    for (let step = saved + 1; step <= steps; step++) {
      await breathe();
      if (signal.aborted) await stop(step - 1, true);
      await profile?.beforeStep(step);
      const start = performance.now();
      const lr = config.optimizer.lr * shareAt(config.schedule, steps, step);
      const read = takeStep(
        training,
        step,
        () => trainer.step(step, data.train, batches.starts(step), lr),
      );
      open.push({ step, lr, stepMs: performance.now() - start, read });
      const evaluates = isDue(config.eval.every, step, steps);
      const saves = isDue(retentionOf(training).every, step, steps);
      const openMs = performance.now() - settled + waitMs * open.length;
      const reads = open.length >= READ_EVERY || openMs > READ_MS || profile?.settles(step);
      if (!evaluates && !saves && !reads) continue;
      if (!await settle(evaluates)) await stop(step, false);
      progress.update(step, steps, "steps", `loss ${loss.toFixed(3)}`);
      if (saves) await save(step, true);
      await profile?.afterStep(step);
    }
  } finally {
    metrics.close();
  }
  return await readMetrics(dir);
}

/** Lets what goes wrong on the device say at which step it did. */
function takeStep({ id }: Training, step: number, run: () => ReadStep): ReadStep {
  try {
    return run();
  } catch (error) {
    throw explained(`take step ${step} of ${id}`, error);
  }
}

/** Puts the trainer where the last checkpoint left it, or at the start; returns the steps done. */
async function resume(training: Training, trainer: Trainer): Promise<number> {
  const { dir, digest, files, log } = training;
  const state = await loadCheckpoint(dir, digest, files, retentionOf(training), log);
  if (state === "foreign") {
    log("starts anew: the checkpoint there is of other settings, another model or another seed");
  } else if (state === "damaged") {
    log("starts anew: there is no checkpoint that can be used");
  } else if (state !== "none") {
    await cutMetrics(dir, state.step);
    trainer.restore(state);
    log(`goes on from the checkpoint at step ${state.step}`);
    if (!state.evaluated) await evaluateLate(training, state.step);
    return state.step;
  } else if (await isThere(join(dir, "metrics.jsonl"))) {
    log("there is no checkpoint yet: starts again");
  }
  await removeCheckpoints(dir);
  await removeIfThere(join(dir, "metrics.jsonl"));
  await removeIfThere(join(dir, "timing.jsonl"));
  await trainer.initialize();
  return 0;
}

/** Makes good a held-out loss that an interruption has cut off. */
async function evaluateLate(training: Training, step: number): Promise<void> {
  const found = await evaluate(training, step, step);
  if (found === undefined) return leave(training, step);
  if (found.val_loss !== undefined) await addHeldOutLoss(training.dir, found.val_loss);
  await markEvaluated(training.dir, await digestMetrics(training.dir, step, true));
}

function leave({ log, signal }: Training, saved: number): never {
  log(`saved a checkpoint at step ${saved}`);
  throw signal.reason;
}

/** The held-out loss, if something is held out; undefined if interrupted. */
async function evaluate(
  training: Training,
  step: number,
  saved: number,
): Promise<HeldOut | undefined> {
  const { id, config, model, data, device, signal, onWait } = training;
  const what = `the held-out loss of ${id} after step ${step}`;
  onWait?.(what);
  const shape = { batch: config.batch / config.accumulate, seq: model.dims.seq };
  let val_loss: number | undefined;
  try {
    val_loss = await heldOutLoss(device, data.heldOut, shape, async () => {
      await breathe();
      signal.throwIfAborted();
    });
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw explained(`measure ${what}`, error);
  }
  if (val_loss === undefined) return {};
  if (Number.isFinite(val_loss)) return { val_loss };
  return refuseStep(training, step, `the held-out loss is ${val_loss}`, saved);
}

async function append(
  metrics: MetricsWriter,
  lines: readonly StepMetrics[],
  steps: readonly OpenStep[],
  waitMs: number,
  tokens: number,
): Promise<void> {
  const timings = steps.slice(0, lines.length).map(({ step, stepMs }) => ({
    step,
    step_ms: Number((stepMs + waitMs).toFixed(3)),
    tokens_per_s: Math.round(1000 * tokens / (stepMs + waitMs)),
  }));
  await metrics.append(lines, timings);
}

async function saveTraining(
  training: Training,
  trainer: Trainer,
  step: number,
  evaluated: boolean,
): Promise<void> {
  const { id, dir, digest, files, onWait } = training;
  onWait?.(`the checkpoint of ${id} after step ${step}`);
  const metrics = await digestMetrics(dir, step, evaluated);
  const state = { step, digest, evaluated, metrics, ...await trainer.state() };
  await saveCheckpoint(dir, state, files, retentionOf(training));
}

/** When checkpoints are saved and how many are kept. */
function retentionOf({ config: { checkpoint }, steps }: Training): Retention {
  return { every: Math.max(50, Math.ceil(steps / 20)), ...checkpoint };
}

/** True at every `every`-th step (0: none of them) and at the last. */
function isDue(every: number, step: number, steps: number): boolean {
  return step === steps || (every > 0 && step % every === 0);
}
