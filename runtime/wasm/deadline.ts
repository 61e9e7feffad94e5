/** How long a thread waits for the others before it takes them for dead. */

/** Durations of recent runs, and the limit that follows from them. */
export interface Deadline {
  /** The longest wait at a barrier of the next run, in milliseconds. */
  limitMs(): number;
  /** Adds the duration of a run that went well. */
  note(ms: number): void;
}

/** Runs that the median is taken over. */
const WINDOW = 15;
/** While no run is known a kernel may take this many times the patience. */
const FIRST_FACTOR = 24;
/** A wait may take this many median runs. */
const MEDIAN_FACTOR = 10;

/** The larger of `patienceMs` and ten median runs; more patient until the first run has ended. */
export function makeDeadline(patienceMs: number): Deadline {
  const recent: number[] = [];
  return {
    limitMs() {
      if (recent.length === 0) return FIRST_FACTOR * patienceMs;
      const sorted = recent.toSorted((a, b) => a - b);
      return Math.max(patienceMs, MEDIAN_FACTOR * sorted[sorted.length >> 1]);
    },
    note(ms) {
      recent.push(ms);
      if (recent.length > WINDOW) recent.shift();
    },
  };
}
