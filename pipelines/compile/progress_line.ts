/** The progress line of a stage: how far, how fast, how long still. */

import type { Progress } from "./stage_kind.ts";

/** Milliseconds between two lines at least; what a stage reports in between is not shown. */
const INTERVAL = 100;
/** The rate is that of about the last so many milliseconds. */
const WINDOW = 10_000;

/**
 * Turns the counts of a stage into lines such as
 * `model: 120/2000 steps (6%), 41.2 steps/s, 46 s left, loss 2.31`. `now` gives milliseconds.
 */
export function progressLine(
  id: string,
  show: (line: string) => void,
  now: () => number = () => performance.now(),
): Progress {
  // Times and counts of the window, oldest first. The first is where a resumed stage goes on.
  const marks: { time: number; done: number }[] = [];
  let shown = -Infinity;
  return {
    update(done, total, unit, detail) {
      const time = now();
      if (marks.length === 0) marks.push({ time, done });
      if (time - shown < INTERVAL && done !== total) return;
      shown = time;
      while (marks.length > 1 && time - marks[1].time >= WINDOW) marks.shift();
      const [{ time: since, done: before }] = marks;
      marks.push({ time, done });
      const rate = time > since ? (done - before) * 1000 / (time - since) : 0;
      const share = total === undefined || total === 0 ? "" : ` (${percent(done / total)})`;
      const parts = [
        total === undefined
          ? `${count(done, unit)} ${unit}`
          : `${count(done, unit)}/${count(total, unit)} ${unit}${share}`,
      ];
      if (rate > 0) {
        parts.push(`${significant(rate, unit)} ${unit}/s`);
        if (total !== undefined && done < total) {
          parts.push(`${duration((total - done) / rate)} left`);
        }
      }
      if (detail !== undefined && detail !== "") parts.push(detail);
      show(`${id}: ${parts.join(", ")}`);
    },
  };
}

/** A time for people: `0.42 s`, `46 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

/** Bytes are shown in thousands or millions, everything else as it is. */
function count(value: number, unit: string): string {
  if (unit !== "bytes") return String(value);
  return value < 1e6 ? `${(value / 1e3).toFixed(1)}k` : `${(value / 1e6).toFixed(1)}M`;
}

function significant(rate: number, unit: string): string {
  if (unit === "bytes") return count(rate, unit);
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}
