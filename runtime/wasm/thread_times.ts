/**
 * When the threads of a wasm device began and ended each step: measured by them, told as slices.
 */

import { type DeviceProfiler, type DeviceSlice, phasesOf } from "../profiler.ts";
import type { Step, StepList } from "./launch_list.ts";

/** Where a thread notes its times. */
export interface ThreadClock {
  /** For each step of a program: when it began, when it ended. */
  readonly times: Float64Array<SharedArrayBuffer>;
  /** Added to the thread's `performance.now()`: each Worker counts from its own `timeOrigin`. */
  readonly offsetMs: number;
}

/** Shared memory for the times of all threads. */
export interface TimesMemory {
  readonly memory: SharedArrayBuffer;
  /** `performance.timeOrigin` of thread 0, whose clock all times are on. */
  readonly origin: number;
}

type Programs = readonly { readonly steps: readonly Step[] }[];

/** Two numbers for each step of each program on each thread. */
export function createTimesMemory(programs: Programs, threads: number): TimesMemory {
  const steps = programs.reduce((sum, { steps }) => sum + steps.length, 0);
  return {
    memory: new SharedArrayBuffer(threads * steps * 16),
    origin: performance.timeOrigin,
  };
}

/** The clocks of a thread, one for each program. To be called on that thread. */
export function clocksOf(
  { memory, origin }: TimesMemory,
  programs: Programs,
  thread: number,
): ThreadClock[] {
  const steps = programs.reduce((sum, { steps }) => sum + steps.length, 0);
  let at = thread * steps;
  return programs.map(({ steps }) => {
    const times = new Float64Array(memory, at * 16, steps.length * 2);
    at += steps.length;
    return { times, offsetMs: performance.timeOrigin - origin };
  });
}

/** One measured run of a program, on the clock of thread 0. */
export interface TimedRun {
  readonly program: StepList;
  readonly begin: number;
  readonly end: number;
  /** For each thread: begin and end of each step. */
  readonly times: readonly Float64Array[];
}

/** The profiler of a wasm device. */
export interface ThreadTimes extends DeviceProfiler {
  /** True if runs of the program are to be measured now. */
  measures(program: string): boolean;
  /** Keeps the times of a run of program `index` that has just ended. */
  note(index: number, begin: number): void;
}

/** Keeps times that threads write to `memory`. */
export function makeThreadTimes(
  memory: TimesMemory,
  programs: readonly StepList[],
  threads: number,
): ThreadTimes {
  const clocks = Array.from({ length: threads }, (_, i) => clocksOf(memory, programs, i));
  let measured: ReadonlySet<string> = new Set();
  let runs: TimedRun[] = [];
  return {
    tracks: Array.from({ length: threads }, (_, i) => `thread ${i}`),
    hostComputes: true,
    missing: undefined,
    start(names) {
      measured = new Set(names);
      runs = [];
      return Promise.resolve();
    },
    stop() {
      const done = runs;
      [measured, runs] = [new Set(), []];
      return Promise.resolve(slicesOf(done));
    },
    measures: (program) => measured.has(program),
    note(index, begin) {
      const end = performance.now();
      const times = clocks.map((of) => new Float64Array(of[index].times));
      runs.push({ program: programs[index], begin, end, times });
    },
  };
}

/**
 * Waits that are worth a slice, in milliseconds: spinning barriers take less than a microsecond.
 */
const WAIT_MS = 0.001;

/**
 * What the threads did. A thread waits from the end of a step with a barrier to the begin of its
 * next step, after the last step to the end of the run.
 */
export function slicesOf(runs: readonly TimedRun[]): DeviceSlice[] {
  const slices: DeviceSlice[] = [];
  const threads = runs[0]?.times.length ?? 0;
  const shifts = Array.from({ length: threads }, (_, thread) => shiftOf(runs, thread));
  let launches = 0;
  for (const { program: { name, steps, nodes }, end, times } of runs) {
    const phases = phasesOf(nodes);
    for (let track = 0; track < threads; track++) {
      const at = (i: number) => times[track][i] + shifts[track];
      steps.forEach(({ barrier }, i) => {
        const { first, ...phase } = phases[i];
        const common = { track, launch: launches + first, node: nodes[i], program: name, ...phase };
        const [start, done] = [at(2 * i), at(2 * i + 1)];
        if (worked(steps[i], track, threads)) {
          slices.push({ ...common, kind: "launch", start, ms: done - start });
        }
        const next = i + 1 < steps.length ? at(2 * i + 2) : end;
        if (!barrier || next - done < WAIT_MS) return;
        slices.push({ ...common, kind: "wait", start: done, ms: next - done });
      });
    }
    launches += steps.length;
  }
  return slices;
}

/** True if a thread has a share of a step. */
function worked({ units }: Step, thread: number, threads: number): boolean {
  return Math.floor(units * thread / threads) < Math.floor(units * (thread + 1) / threads);
}

/**
 * What must be added to the times of a thread so that they fit those of thread 0: `timeOrigin` is
 * read from another clock, which may have been set meanwhile. Nobody leaves a barrier before all
 * have arrived, so each barrier bounds it from both sides.
 */
function shiftOf(runs: readonly TimedRun[], thread: number): number {
  if (thread === 0) return 0;
  let [least, most] = [-Infinity, Infinity];
  for (const { program: { steps }, begin, end, times } of runs) {
    const [host, own] = [times[0], times[thread]];
    least = Math.max(least, begin - own[0]);
    most = Math.min(most, end - own[own.length - 1]);
    for (let i = 0; i + 1 < steps.length; i++) {
      if (!steps[i].barrier) continue;
      least = Math.max(least, host[2 * i + 1] - own[2 * i + 2]);
      most = Math.min(most, host[2 * i + 2] - own[2 * i + 1]);
    }
  }
  // Both at once do not hold where clocks run at different rates: then the middle is nearest.
  if (least > most) return (least + most) / 2;
  return Math.min(Math.max(0, least), most);
}
