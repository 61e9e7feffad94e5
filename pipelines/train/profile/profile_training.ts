/** The profile of a training: what host and device do in a few steps, as a trace and a table. */

import { join } from "node:path";
import { writeFileAtomic } from "../../../runtime/atomic_file.ts";
import type { Device } from "../../../runtime/device.ts";
import { missingProfiler } from "../../../runtime/profiler.ts";
import { TRACE } from "../../compile/stage_record.ts";
import type { TokenSplit } from "../batches.ts";
import { costliestKernels, describeCosts } from "./costliest_kernels.ts";
import { type HostSlice, traceText } from "./trace_text.ts";

/** Steps before the profiled ones: code is compiled and caches fill in the first. */
const WARM_UP = 10;
/** Steps that are profiled at most. */
const STEPS = 10;
/** Slices that a trace has at most, about: fewer steps are profiled where each has many. */
const SLICES = 200_000;

/** Profiles a training. A training that is not profiled has none. */
export interface TrainingProfile {
  /** The device to train on: it notes what the host asks of it. */
  readonly device: Device;
  /** The split to read from: it notes the reading. */
  split(split: TokenSplit): TokenSplit;
  /** Chooses the steps to profile, where `done` of `steps` are taken already. */
  plan(done: number, steps: number): void;
  /** To be called before each step: measuring starts where it is due. */
  beforeStep(step: number): Promise<void>;
  /**
   * True if all results must be read after the step: before measuring starts, and before it ends.
   */
  settles(step: number): boolean;
  /** To be called after a step that settles: measuring ends where it is due, and all is written. */
  afterStep(step: number): Promise<void>;
  /** Notes something that the host does as one thing, whatever it asks of the device for it. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
}

/** What is profiled. */
export interface ProfileOptions {
  /** The id of the stage. */
  readonly id: string;
  /** The folder that the trace goes to. */
  readonly dir: string;
  /** A device that was opened to be profiled. */
  readonly device: Device;
  /** Runs of the program `step` in a step. */
  readonly accumulate: number;
  readonly log: (line: string) => void;
}

/** Host work that is no part of steps: `ms/step` leaves it out. */
const ASIDE: readonly string[] = ["held-out loss", "checkpoint"];
const PROGRAMS = ["step", "update"];

/** Makes the profile of a training. */
export function profileTraining(
  { id, dir, device, accumulate, log }: ProfileOptions,
): TrainingProfile {
  const profiler = device.profiler ?? missingProfiler(`${device.name} measures no launches`);
  /** The steps to profile; none before they are chosen. */
  let [first, last] = [Infinity, Infinity];
  let measuring = false;
  /** How deep in `during`: what happens inside is no slice of its own. */
  let depth = 0;
  const host: HostSlice[] = [];
  const steps: { name: string; start: number; ms: number }[] = [];

  const note = <T>(name: string, work: () => T): T => {
    if (!measuring || depth > 0) return work();
    const start = performance.now();
    try {
      return work();
    } finally {
      host.push({ name, start, ms: performance.now() - start });
    }
  };
  /** Ends the step that is under way. */
  const endStep = () => {
    const step = steps.at(-1);
    if (step) step.ms = performance.now() - step.start;
  };
  const finish = async () => {
    endStep();
    measuring = false;
    const slices = await profiler.stop();
    const trace = { id, profiler, slices, host, steps };
    await writeFileAtomic(join(dir, TRACE), traceText(trace));
    const aside = host.filter(({ name }) => ASIDE.includes(name));
    const ms = (sumMs(steps) - sumMs(aside)) / steps.length;
    log(
      `profile of steps ${first} to ${last}, ${ms.toFixed(3)} ms/step: ${id}/${TRACE}, ` +
        `for ui.perfetto.dev or chrome://tracing`,
    );
    if (profiler.missing !== undefined) log(`profile: ${profiler.missing}`);
    const costs = costliestKernels(slices, steps.length);
    for (const line of describeCosts(costs, host, steps.length, ms)) log(line);
  };

  return {
    device: {
      ...device,
      write: (buffer, elements) => note(`write ${buffer}`, () => device.write(buffer, elements)),
      run(program) {
        // Where the host computes, the launches fill the time.
        if (profiler.hostComputes) device.run(program);
        else note(`run ${program}`, () => device.run(program));
      },
      snapshot: (buffers) => note(`snapshot ${buffers.join(", ")}`, () => device.snapshot(buffers)),
    },
    split: (split) => ({
      ...split,
      read(position, target) {
        note("read tokens", () => split.read(position, target));
        joinLast(host, "read tokens");
      },
    }),
    plan(done, total) {
      const left = total - done;
      if (left <= 0) return log("was not profiled: no steps are left (--fresh takes them again)");
      const [step, update] = PROGRAMS.map((name) =>
        device.plan.programs.get(name)?.launches.length ?? 0
      );
      // A launch has a wait behind it at most.
      const slices = (accumulate * step + update) * 2 * profiler.tracks.length;
      const bounded = Math.max(1, Math.floor(SLICES / Math.max(1, slices)));
      const count = Math.min(STEPS, left, bounded);
      first = done + Math.min(WARM_UP, left - count) + 1;
      last = first + count - 1;
    },
    async beforeStep(step) {
      if (step < first || step > last) return;
      if (step === first) {
        await profiler.start(PROGRAMS);
        measuring = true;
      }
      endStep();
      steps.push({ name: `step ${step}`, start: performance.now(), ms: 0 });
    },
    settles: (step) => step === first - 1 || step === last,
    async afterStep(step) {
      if (step === last) await finish();
    },
    async during(what, work) {
      if (!measuring) return await work();
      depth++;
      const start = performance.now();
      try {
        return await work();
      } finally {
        depth--;
        if (depth === 0) host.push({ name: what, start, ms: performance.now() - start });
      }
    },
  };
}

/** Work that a profile, where there is one, notes as one thing. */
export function noted<T>(
  profile: TrainingProfile | undefined,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  return profile === undefined ? work() : profile.during(what, work);
}

/** Makes the last two slices one if they have this name. */
function joinLast(slices: HostSlice[], name: string): void {
  const [before, last] = slices.slice(-2);
  if (last === undefined || before.name !== name || last.name !== name) return;
  const joined = { name, start: before.start, ms: last.start + last.ms - before.start };
  slices.splice(-2, 2, joined);
}

function sumMs(slices: readonly { readonly ms: number }[]): number {
  return slices.reduce((sum, { ms }) => sum + ms, 0);
}
