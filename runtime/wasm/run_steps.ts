/** What one thread of a wasm device does: its share of every step of a program. */

import { type Arrival, arrive, type Control, setPosition } from "./control.ts";
import type { Step } from "./launch_list.ts";
import type { ThreadClock } from "./thread_times.ts";

/** A kernel function of the linked module. */
type Code = (...parameters: number[]) => void;

/** Where a thread's memory lies, in bytes. */
export interface ThreadMemory {
  readonly scratch: number;
  readonly threadScratch: number;
}

/** One thread's share of a step: a call with its parameters, or none where it has no work units. */
interface Share {
  readonly code: Code | undefined;
  readonly parameters: readonly number[];
  readonly barrier: boolean;
}

/**
 * Runs a program's steps on this thread; true when done, otherwise why a barrier was left early.
 */
export type ThreadProgram = (limitMs: number) => Arrival;

/** Instantiates the linked module for one thread. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): (index: number) => Code {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return (index) => exports[`f${index}`] as Code;
}

/**
 * Prepares a program for thread `thread`. Work units are split evenly; who computes a unit does not
 * change its bits. An exception of a kernel passes through: the thread's position then names the
 * step.
 */
export function prepareProgram(
  steps: readonly Step[],
  codeOf: (index: number) => Code,
  place: ThreadMemory,
  control: Control,
  thread: number,
): ThreadProgram {
  const shares = sharesOf(steps, codeOf, place, control, thread);
  return (limitMs) => {
    for (let i = 0; i < shares.length; i++) {
      const { code, parameters, barrier } = shares[i];
      setPosition(control, thread, i);
      if (code !== undefined) code(...parameters);
      if (!barrier) continue;
      const arrival = arrive(control, limitMs);
      if (arrival !== "released") return arrival;
    }
    return "released";
  };
}

/** As `prepareProgram`, for profiles: notes when each step begins and ends on this thread. */
export function prepareTimedProgram(
  steps: readonly Step[],
  codeOf: (index: number) => Code,
  place: ThreadMemory,
  control: Control,
  thread: number,
  { times, offsetMs }: ThreadClock,
): ThreadProgram {
  const shares = sharesOf(steps, codeOf, place, control, thread);
  return (limitMs) => {
    for (let i = 0; i < shares.length; i++) {
      const { code, parameters, barrier } = shares[i];
      setPosition(control, thread, i);
      times[2 * i] = performance.now() + offsetMs;
      if (code !== undefined) code(...parameters);
      times[2 * i + 1] = performance.now() + offsetMs;
      if (!barrier) continue;
      const arrival = arrive(control, limitMs);
      if (arrival !== "released") return arrival;
    }
    return "released";
  };
}

function sharesOf(
  steps: readonly Step[],
  codeOf: (index: number) => Code,
  { scratch, threadScratch }: ThreadMemory,
  { threads }: Control,
  thread: number,
): readonly Share[] {
  return steps.map(({ code, addresses, units, barrier }): Share => {
    const begin = Math.floor(units * thread / threads);
    const end = Math.floor(units * (thread + 1) / threads);
    // Addresses beyond 2 GiB wrap to negative numbers, which the kernels read as unsigned.
    const parameters = [...addresses, scratch, threadScratch, begin, end].map((n) => n | 0);
    return { code: begin < end ? codeOf(code) : undefined, parameters, barrier };
  });
}
