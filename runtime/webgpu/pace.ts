/** How fast a GPU is, learnt from its waits: how much to submit at once, how long to wait. */

/** Measured against costs: milliseconds on a slow GPU, as launches estimate them. */
export interface Pace {
  /** How many times its cost the device takes for work. */
  factor(): number;
  /**
   * How long a wait for such work lasts at most; `first` if some of it has never been waited for.
   */
  limitMs(cost: number, first: boolean): number;
  /** Adds a wait that went well: the device was given this work, and had done it `ms` later. */
  note(cost: number, ms: number): void;
}

/** Waits that are remembered. */
const WINDOW = 15;
/**
 * Drivers compile when a kernel is first launched: then a wait may take this many times as long.
 */
const FIRST_FACTOR = 24;
/** A wait may take this many times what the median of the waits before makes likely. */
const MEDIAN_FACTOR = 10;

/**
 * `factor`: how many times as long as a slow GPU the device takes, where nothing is known yet. A
 * limit is at least `patienceMs`.
 */
export function makePace(factor: number, patienceMs: number): Pace {
  const factors: number[] = [];
  return {
    // The time of a wait includes what the host did meanwhile: the shortest tells most of the
    // device.
    factor: () => factors.length === 0 ? factor : Math.min(...factors),
    limitMs(cost, first) {
      const sorted = factors.toSorted((a, b) => a - b);
      const median = sorted.length === 0 ? factor : sorted[sorted.length >> 1];
      const limit = Math.max(patienceMs, MEDIAN_FACTOR * median * cost);
      return first ? FIRST_FACTOR * limit : limit;
    },
    note(cost, ms) {
      if (cost <= 0) return;
      factors.push(ms / cost);
      if (factors.length > WINDOW) factors.shift();
    },
  };
}
