/** `metrics.jsonl`, a line per step that is the same in every run, and `timing.jsonl`, which is not. */

import { join } from "node:path";
import { isThere, writeFileAtomic } from "../../runtime/atomic_file.ts";

/** A line of metrics.jsonl. */
export interface StepMetrics {
  /** From 1. */
  readonly step: number;
  /** Tokens trained on, this step's included. */
  readonly tokens: number;
  /** Nats per token of this step's sequences, before the step's update. */
  readonly loss: number;
  readonly lr: number;
  /** Global norm of the gradients, before clipping. */
  readonly grad_norm: number;
  /** Nats per token over the held-out split, after the step's update. */
  readonly val_loss?: number;
}

/** A line of timing.jsonl. */
export interface StepTiming {
  readonly step: number;
  readonly step_ms: number;
  readonly tokens_per_s: number;
}

/** Appends to both files. */
export interface MetricsWriter {
  append(metrics: readonly StepMetrics[], timings: readonly StepTiming[]): Promise<void>;
  /** Waits until everything appended is on the disk. */
  sync(): Promise<void>;
  close(): void;
}

const METRICS = "metrics.jsonl";
const TIMING = "timing.jsonl";

/** The complete lines of metrics.jsonl, up to the first that does not follow the one before. */
export async function readMetrics(dir: string): Promise<StepMetrics[]> {
  return (await readLines(join(dir, METRICS))).map((line) => JSON.parse(line));
}

/**
 * Cuts the lines after `step`, where training goes on from there. Returns the step of the last line:
 * if that is less than `step`, nothing is cut, and what is missing cannot be made good.
 */
export async function cutMetrics(dir: string, step: number): Promise<number> {
  const [metrics, timing] = [join(dir, METRICS), join(dir, TIMING)];
  const lines = await readLines(metrics);
  if (lines.length < step) return lines.length;
  await writeFileAtomic(metrics, joinLines(lines.slice(0, step)));
  await writeFileAtomic(timing, joinLines((await readLines(timing)).slice(0, step)));
  return step;
}

/** Adds a held-out loss to the last line. */
export async function addHeldOutLoss(dir: string, val_loss: number): Promise<void> {
  const lines = await readLines(join(dir, METRICS));
  const last: StepMetrics = JSON.parse(lines[lines.length - 1]);
  const changed = JSON.stringify({ ...last, val_loss });
  await writeFileAtomic(join(dir, METRICS), joinLines([...lines.slice(0, -1), changed]));
}

/** Opens both files for appending. */
export async function openMetrics(dir: string): Promise<MetricsWriter> {
  const open = (name: string) => Deno.open(join(dir, name), { append: true, create: true });
  const metrics = await open(METRICS);
  const timing = await open(TIMING);
  return {
    async append(metricsLines, timingLines) {
      await appendLines(metrics, metricsLines);
      await appendLines(timing, timingLines);
    },
    async sync() {
      await metrics.sync();
      await timing.sync();
    },
    close() {
      metrics.close();
      timing.close();
    },
  };
}

/** Lines whose `step` counts 1, 2, 3, ...; a crash may have left a piece of a line behind them. */
async function readLines(path: string): Promise<string[]> {
  if (!await isThere(path)) return [];
  const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
  const wrong = lines.findIndex((line, i) => !line.startsWith(`{"step":${i + 1},`));
  return wrong < 0 ? lines : lines.slice(0, wrong);
}

async function appendLines(file: Deno.FsFile, values: readonly unknown[]): Promise<void> {
  const bytes = new TextEncoder().encode(joinLines(values.map((value) => JSON.stringify(value))));
  let written = 0;
  while (written < bytes.length) written += await file.write(bytes.subarray(written));
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => line + "\n").join("");
}
