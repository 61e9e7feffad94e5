/** Metrics as rows for people, whatever maps they are nested in. */

import type { Metrics } from "./stage_kind.ts";

/** The share of right answers to questions. */
export interface Score {
  readonly accuracy: number;
  /** The share that guessing gets. */
  readonly chance: number;
  /** Number of questions. */
  readonly n: number;
  /** Standard error of the accuracy. */
  readonly stderr: number;
}

/** A number, a word or a score, and the keys that lead to it. */
export interface MetricRow {
  readonly path: readonly string[];
  readonly value: number | string | Score;
}

/** Rows of metrics in their order. A score is one row; the scores of its kinds of questions follow it. */
export function metricRows(metrics: Metrics, path: readonly string[] = []): MetricRow[] {
  return Object.entries(metrics).flatMap(([key, value]): MetricRow[] => {
    const here = [...path, key];
    if (typeof value === "number" || typeof value === "string") return [{ path: here, value }];
    if (typeof value !== "object" || value === null) return [];
    if (!isScore(value)) return metricRows(value as Metrics, here);
    const { accuracy: _, chance: _1, n: _2, stderr: _3, ...inner } = value;
    return [{ path: here, value }, ...metricRows(inner, here)];
  });
}

function isScore(value: object): value is Score {
  const { accuracy, chance, n, stderr } = value as Partial<Score>;
  return [accuracy, chance, n, stderr].every((number) => typeof number === "number");
}

/** Keys that say what a map holds, and not which of several it is. */
const SILENT = ["tasks", "kinds"];

/** The keys of a row as words. */
export function rowName(path: readonly string[]): string {
  return path.filter((key) => !SILENT.includes(key)).join(" ");
}

/** A value for people: integers with separators, other numbers in five digits, a score in percent. */
export function showMetric(value: MetricRow["value"]): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") {
    return Number.isInteger(value) || Math.abs(value) >= 1e5
      ? Math.round(value).toLocaleString("en-US")
      : String(Number(value.toPrecision(5)));
  }
  return `${showAccuracy(value)} (${showOdds(value)})`;
}

/** `62.5% +- 2.4`: the accuracy and its standard error. */
export function showAccuracy({ accuracy, stderr }: Score): string {
  return `${percent(accuracy)}% \u00b1 ${percent(stderr)}`;
}

/** What an accuracy is to be compared with. */
export function showOdds({ chance, n }: Score): string {
  return `chance ${percent(chance)}%, n ${n}`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
