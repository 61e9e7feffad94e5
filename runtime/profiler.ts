/** What a device tells of its launches while it is profiled. */

import type { Node } from "../graph/ir/graph.ts";

/**
 * A stretch of time on one track of a device. Those of one track do not overlap, and are in order.
 */
export interface DeviceSlice {
  /** Index of the track: `DeviceProfiler.tracks` names it. */
  readonly track: number;
  /** A launch, or the part of one that a thread did; or that it waited for the other threads. */
  readonly kind: "launch" | "wait";
  /**
   * Which launch: equal numbers are parts of one launch, on different tracks or in several phases.
   */
  readonly launch: number;
  /** What is computed, or was before the wait; undefined for a copy of results. */
  readonly node: Node | undefined;
  readonly program: string;
  /** The phase of the kernel, from 0, and how many it has. */
  readonly phase: number;
  readonly phases: number;
  /** Milliseconds on the clock of `performance.now()` of the thread that holds the device. */
  readonly start: number;
  readonly ms: number;
}

/** Measures the launches of a device that was opened for it. */
export interface DeviceProfiler {
  /** Names of the tracks: threads, or the queue of a GPU. */
  readonly tracks: readonly string[];
  /** True if track 0 is the thread that holds the device: it computes in `run`. */
  readonly hostComputes: boolean;
  /** Why launches are not measured, for people; undefined if they are. */
  readonly missing: string | undefined;
  /** From now on the launches of these programs are measured. Nothing may be under way. */
  start(programs: readonly string[]): Promise<void>;
  /** Ends that, and tells what was measured. */
  stop(): Promise<readonly DeviceSlice[]>;
}

/** A profiler that measures no launches, and says why. */
export function missingProfiler(missing: string): DeviceProfiler {
  return {
    tracks: [],
    hostComputes: false,
    missing,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve([]),
  };
}

/**
 * For each launch or phase, given by its node: which phase of its node it is, and how many there
 * are.
 */
export function phasesOf(
  nodes: readonly (Node | undefined)[],
): readonly { readonly first: number; readonly phase: number; readonly phases: number }[] {
  const firsts: number[] = [];
  nodes.forEach((node, i) => {
    firsts.push(i > 0 && node !== undefined && node === nodes[i - 1] ? firsts[i - 1] : i);
  });
  const counts = new Map<number, number>();
  for (const first of firsts) counts.set(first, (counts.get(first) ?? 0) + 1);
  return firsts.map((first, i) => ({ first, phase: i - first, phases: counts.get(first)! }));
}
