/** What a bench found: a line of JSON, or a line for people. */

import { showBytes } from "../show_bytes.ts";

/** A figure of a bench. What has no meaning for it is absent. */
export interface BenchFigures {
  /** Milliseconds of one run: the median and the least of the samples. */
  readonly ms_median?: number;
  readonly ms_min?: number;
  /** Milliseconds in which the host queued it, where an engine queues. */
  readonly host_ms_median?: number;
  /** Milliseconds of `ms_median` until there was a plan. */
  readonly plan_ms_median?: number;
  /** Billions of floating-point operations per second. */
  readonly gflops_per_s?: number;
  /** Billions of bytes per second, read and written. */
  readonly gbytes_per_s?: number;
  readonly tokens_per_s?: number;
  /**
   * Of the multiply-adds in registers that the same engine did in the same turns, in the median.
   * Above 1 only where others use the machine.
   */
  readonly fraction_of_peak?: number;
  /**
   * Bytes of all operands and results, beside those that a copy moved in the same run. Above 1
   * where data stays in caches.
   */
  readonly fraction_of_bandwidth?: number;
  /** Kernels that one run launches. */
  readonly launches?: number;
  /** Memory by the plan, and the most that the process held. */
  readonly plan_bytes?: number;
  readonly resident_bytes?: number;
}

/** A figure with where it comes from. */
export interface BenchLine extends BenchFigures {
  readonly bench: string;
  readonly engine: string;
  /** Devices that computed together. */
  readonly devices: number;
  /** Of engine wasm. */
  readonly threads?: number;
  /** Of engine webgpu. */
  readonly adapter?: string;
  readonly shape: string;
}

/** One line of JSON; numbers have four digits. */
export function jsonLine(line: BenchLine): string {
  const short = (_key: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  return JSON.stringify(line, short) + "\n";
}

/** One line for people. */
export function readableLine(line: BenchLine): string {
  const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
  const three = (value: number) => Number(value.toPrecision(3));
  const ms = (value: number) => `${three(value)} ms`;
  const show = <T>(value: T | undefined, text: (value: T) => string) =>
    value === undefined ? [] : [text(value)];
  const figures = [
    ...show(line.ms_median, ms),
    ...show(line.ms_min, (value) => `least ${ms(value)}`),
    ...show(line.plan_ms_median, (value) => `plan after ${ms(value)}`),
    ...show(line.host_ms_median, (value) => `host ${ms(value)}`),
    ...show(line.gflops_per_s, (value) => `${three(value)} GFLOP/s`),
    ...show(line.gbytes_per_s, (value) => `${three(value)} GB/s`),
    ...show(line.tokens_per_s, (value) => `${Math.round(value)} tokens/s`),
    ...show(line.fraction_of_peak, (value) => `${percent(value)} of peak`),
    ...show(line.fraction_of_bandwidth, (value) => `${percent(value)} of bandwidth`),
    ...show(line.launches, (value) => `${value} launches`),
    ...show(line.plan_bytes, (value) => `plan ${showBytes(value)}`),
    ...show(line.resident_bytes, (value) => `resident ${showBytes(value)}`),
  ];
  const head = `${line.bench.padEnd(9)} ${line.engine.padEnd(6)} ${line.shape.padEnd(34)}`;
  return `${head} ${figures.join(", ")}\n`;
}
