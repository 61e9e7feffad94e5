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
import { createTrainer, type StepResult, type Trainer } from "./trainer.ts";

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
}

/** Losses are read after so many steps or milliseconds, or when they are needed: reading may be slow. */
const READ_EVERY = 10;
const READ_MS = 500;

/** A step whose results have not been read yet. */
interface OpenStep extends StepResult {
  readonly step: number;
  readonly lr: number;
  readonly stepMs: number;
}

type HeldOut = Pick<StepMetrics, "val_loss">;

/**
 * Trains to the last step and returns all lines of metrics.jsonl. Goes on from the checkpoint in
 * `dir` if there is one. When interrupted, it saves a checkpoint and throws the signal's reason; a
 * held-out loss that this cuts off is measured before training goes on.
 */
export async function trainModel(training: Training): Promise<StepMetrics[]> {
  const { config, dir, model, data, steps, signal, progress } = training;
  const { seq } = model.dims;
  const batches = createBatches({ ...config, tokens: data.train.tokens, seq, seed: training.seed });
  const trainer = createTrainer(training);
  let saved = await resume(training, trainer);
  if (saved === steps) return await readMetrics(dir);
  const metrics = await openMetrics(dir);
  try {
    let open: OpenStep[] = [];
    let settled = performance.now();
    /**
     * Reads what is open, stops if it is not finite, and writes it down. False if an interruption has
     * left the held-out loss out.
     */
    const settle = async (evaluates: boolean): Promise<boolean> => {
      const lines = await readSteps(training, open, saved);
      let found: HeldOut | undefined = {};
      if (evaluates) {
        const last = lines[lines.length - 1];
        found = await evaluate(training, last.step, saved);
        lines[lines.length - 1] = { ...last, ...found };
      }
      await append(metrics, lines, open, config.batch * seq);
      open = [];
      settled = performance.now();
      return found !== undefined;
    };
    const save = async (step: number, evaluated: boolean) => {
      await settle(false);
      await metrics.sync();
      await saveTraining(training, trainer, step, evaluated);
      saved = step;
    };
    const stop = async (step: number, evaluated: boolean) => {
      if (step > saved) await save(step, evaluated);
      leave(training, saved);
    };
    for (let step = saved + 1; step <= steps; step++) {
      await breathe();
      if (signal.aborted) await stop(step - 1, true);
      const start = performance.now();
      const lr = config.optimizer.lr * shareAt(config.schedule, steps, step);
      const result = takeStep(
        training,
        step,
        () => trainer.step(step, data.train, batches.starts(step), lr),
      );
      open.push({ step, lr, stepMs: performance.now() - start, ...result });
      const evaluates = isDue(config.eval.every, step, steps);
      const saves = isDue(retentionOf(training).every, step, steps);
      const reads = open.length >= READ_EVERY || performance.now() - settled > READ_MS;
      if (!evaluates && !saves && !reads) continue;
      const loss = await open.at(-1)!.loss;
      if (!await settle(evaluates)) await stop(step, false);
      progress.update(step, steps, "steps", `loss ${loss.toFixed(3)}`);
      if (saves) await save(step, true);
    }
  } finally {
    metrics.close();
  }
  return await readMetrics(dir);
}

/** Lets what goes wrong on the device say at which step it did. */
function takeStep(training: Training, step: number, run: () => StepResult): StepResult {
  try {
    return run();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot take step ${step} of ${training.id}: ${detail}`, { cause: error });
  }
}

/** Puts the trainer where the last checkpoint left it, or at the start; returns the steps done. */
async function resume(training: Training, trainer: Trainer): Promise<number> {
  const { dir, digest, log } = training;
  const state = await loadCheckpoint(dir, digest, retentionOf(training), log);
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
  trainer.initialize();
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

async function readSteps(
  training: Training,
  open: readonly OpenStep[],
  saved: number,
): Promise<StepMetrics[]> {
  const { config, model } = training;
  const lines: StepMetrics[] = [];
  for (const { step, lr, ...result } of open) {
    const loss = await result.loss;
    const gradNorm = await result.gradNorm;
    if (!Number.isFinite(loss)) fail(training, step, `the loss is ${loss}`, saved);
    if (!Number.isFinite(gradNorm)) {
      fail(training, step, `the norm of the gradients is ${gradNorm}`, saved);
    }
    const tokens = step * config.batch * model.dims.seq;
    lines.push({ step, tokens, loss, lr, grad_norm: gradNorm });
  }
  return lines;
}

function fail(
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

/** The held-out loss, if something is held out; undefined if interrupted. */
async function evaluate(
  training: Training,
  step: number,
  saved: number,
): Promise<HeldOut | undefined> {
  const { config, model, data, device, signal } = training;
  const shape = { batch: config.batch / config.accumulate, seq: model.dims.seq };
  try {
    const val_loss = await heldOutLoss(device, data.heldOut, shape, async () => {
      await breathe();
      signal.throwIfAborted();
    });
    if (val_loss === undefined) return {};
    if (Number.isFinite(val_loss)) return { val_loss };
    return fail(training, step, `the held-out loss is ${val_loss}`, saved);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

async function append(
  metrics: MetricsWriter,
  lines: readonly StepMetrics[],
  steps: readonly OpenStep[],
  tokens: number,
): Promise<void> {
  const timings = steps.map(({ step, stepMs }) => ({
    step,
    step_ms: Number(stepMs.toFixed(3)),
    tokens_per_s: Math.round(1000 * tokens / stepMs),
  }));
  await metrics.append(lines, timings);
}

async function saveTraining(
  training: Training,
  trainer: Trainer,
  step: number,
  evaluated: boolean,
): Promise<void> {
  const { dir, digest, files } = training;
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
