/** What a webgpu device has done since it was opened: what tests assert and profiles show. */

/** Counts of calls that cost. A warm device only submits, launches and reads back. */
export interface Counters {
  /** Command buffers given to the queue. */
  submissions: number;
  launches: number;
  /** Waits for the device: all that is read at one time is one. */
  readbacks: number;
  buffers: number;
  bindGroups: number;
  pipelines: number;
}

/** Counts of nothing yet. */
export function zeroCounters(): Counters {
  return { submissions: 0, launches: 0, readbacks: 0, buffers: 0, bindGroups: 0, pipelines: 0 };
}
