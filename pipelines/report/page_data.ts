/** What a report page shows, gathered from a run folder. */

import { join } from "node:path";
import type { Metrics } from "../compile/stage_kind.ts";

/** A finished stage, as a page shows it. */
export interface PageStage {
  readonly id: string;
  readonly kind: string;
  /** Ids of the stages of the page that it reads. */
  readonly inputs: readonly string[];
  readonly status?: string;
  readonly seconds?: number;
  readonly why?: string;
  readonly metrics: Metrics;
}

/** Values of a train stage by step, in columns for drawing; a gap is null. */
export interface PageCurves {
  readonly stage: string;
  readonly step: readonly number[];
  readonly loss: readonly (number | null)[];
  readonly val_loss: readonly (number | null)[];
  readonly lr: readonly (number | null)[];
  readonly grad_norm: readonly (number | null)[];
  readonly tokens_per_s: readonly (number | null)[];
}

/** Lines of an evaluation's samples.jsonl. */
export interface PageSamples {
  readonly stage: string;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** How many there are; a page shows the first. */
  readonly total: number;
}

/** A page. */
export interface PageData {
  readonly name: string;
  /** Facts for its head, such as the seed, by what they are called. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly stages: readonly PageStage[];
  readonly curves: readonly PageCurves[];
  readonly samples: readonly PageSamples[];
  /** The resolved pipeline; not on the page of a part of one. */
  readonly resolved?: string;
}

/** What of a page's data stands in the folders of its stages, by stage id. */
export async function readFolders(
  dirs: ReadonlyMap<string, string>,
): Promise<Pick<PageData, "curves" | "samples">> {
  const curves: PageCurves[] = [];
  const samples: PageSamples[] = [];
  for (const [id, dir] of dirs) {
    const [curve, sample] = [await readCurves(id, dir), await readSamples(id, dir)];
    if (curve !== undefined) curves.push(curve);
    if (sample !== undefined) samples.push(sample);
  }
  return { curves, samples };
}

/** Points of a curve at most. */
const MAX_POINTS = 1500;
/** Samples of an evaluation that a page shows. */
const MAX_SAMPLES = 40;

/** The curves of a stage's folder, undefined if it has none. */
async function readCurves(stage: string, dir: string): Promise<PageCurves | undefined> {
  const metrics = await readJsonLines(join(dir, "metrics.jsonl"));
  if (metrics.length === 0) return undefined;
  const timing = await readJsonLines(join(dir, "timing.jsonl"));
  const speed = new Map(timing.map((line) => [line.step, line.tokens_per_s]));
  const lines = metrics.map((line): Record<string, unknown> => ({
    ...line,
    tokens_per_s: speed.get(line.step),
  }));
  const size = Math.ceil(lines.length / MAX_POINTS);
  const buckets = Array.from(
    { length: Math.ceil(lines.length / size) },
    (_, index) => lines.slice(index * size, (index + 1) * size),
  );
  const column = (name: string) => buckets.map((bucket) => mean(bucket, name));
  return {
    stage,
    step: buckets.map((bucket) => Number(bucket.at(-1)!.step)),
    loss: column("loss"),
    val_loss: column("val_loss"),
    lr: column("lr"),
    grad_norm: column("grad_norm"),
    tokens_per_s: column("tokens_per_s"),
  };
}

/** The samples of a stage's folder, undefined if it has none. */
async function readSamples(stage: string, dir: string): Promise<PageSamples | undefined> {
  const lines = await readJsonLines(join(dir, "samples.jsonl"));
  if (lines.length === 0) return undefined;
  return { stage, lines: lines.slice(0, MAX_SAMPLES), total: lines.length };
}

/** The mean of a field over the lines that have it, in six digits. */
function mean(lines: readonly Readonly<Record<string, unknown>>[], name: string): number | null {
  const values = lines.map((line) => line[name]).filter((value) => typeof value === "number");
  if (values.length === 0) return null;
  return Number((values.reduce((sum, value) => sum + value, 0) / values.length).toPrecision(6));
}

/** Objects of a file of JSON lines; none if there is no such file. */
async function readJsonLines(path: string): Promise<Record<string, unknown>[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
