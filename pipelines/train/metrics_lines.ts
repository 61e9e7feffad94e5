/**
 * `metrics.jsonl`, a line per step that is the same in every run, and `timing.jsonl`, which is not.
 */

import { join } from "node:path";
import { type AppendFile, openAppendFile } from "../../runtime/append_file.ts";
import { isThere, writeFileAtomic } from "../../runtime/atomic_file.ts";
import { sha256 } from "../compile/digest.ts";

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
 * SHA-256 of the lines of metrics.jsonl up to `step`. If the held-out loss that is due after the
 * step is not `evaluated`, it is that of the lines without it.
 */
export async function digestMetrics(
  dir: string,
  step: number,
  evaluated: boolean,
): Promise<string> {
  const lines = (await readLines(join(dir, METRICS))).slice(0, step);
  if (!evaluated && lines.length > 0) {
    const { val_loss: _, ...last }: StepMetrics = JSON.parse(lines[lines.length - 1]);
    lines[lines.length - 1] = JSON.stringify(last);
  }
  return sha256(joinLines(lines));
}

/**
 * Why training cannot go on behind a state's step; undefined if its metrics are as they were
 * written.
 */
export async function findMetricsDamage(
  dir: string,
  state: { readonly step: number; readonly evaluated: boolean; readonly metrics: string },
): Promise<string | undefined> {
  const { step, evaluated, metrics } = state;
  const last = Math.min(step, (await readLines(join(dir, METRICS))).length);
  if (last < step) return `it is of step ${step}, ${METRICS} ends at step ${last}`;
  return await digestMetrics(dir, step, evaluated) === metrics ? undefined : `${METRICS} changed`;
}

/** Cuts the lines after `step`, where training goes on from there. */
export async function cutMetrics(dir: string, step: number): Promise<void> {
  for (const path of [join(dir, METRICS), join(dir, TIMING)]) {
    await writeFileAtomic(path, joinLines((await readLines(path)).slice(0, step)));
  }
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
  const metrics = await openAppendFile(join(dir, METRICS));
  const timing = await openAppendFile(join(dir, TIMING)).catch((error) => {
    metrics.close();
    throw error;
  });
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

/**
 * Lines of JSON whose `step` counts 1, 2, 3, ...; a crash may have left a piece of a line behind
 * them.
 */
async function readLines(path: string): Promise<string[]> {
  if (!await isThere(path)) return [];
  const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
  const wrong = lines.findIndex((line, i) =>
    !line.startsWith(`{"step":${i + 1},`) || !isJson(line)
  );
  return wrong < 0 ? lines : lines.slice(0, wrong);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function appendLines(file: AppendFile, values: readonly unknown[]): Promise<void> {
  const lines = values.map((value) => JSON.stringify(value));
  await file.write(new TextEncoder().encode(joinLines(lines)));
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => line + "\n").join("");
}
