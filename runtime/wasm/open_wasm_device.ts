/** The wasm engine: kernels as WebAssembly SIMD over one shared memory, split over threads. */

import { sizeOf } from "../../graph/ir/tensor.ts";
import type { Plan } from "../../graph/plan/plan.ts";
import { describeNode } from "../describe_node.ts";
import {
  bufferOf,
  type Device,
  type Elements,
  programOf,
  snapshotNow,
  viewElements,
} from "../device.ts";
import { linkWasm } from "../link_wasm.ts";
import {
  abort,
  arrive,
  type Control,
  createControlMemory,
  failureOf,
  positionOf,
  setCommand,
  STOP,
  viewControl,
} from "./control.ts";
import { makeDeadline } from "./deadline.ts";
import { type LaunchList, makeLaunchList } from "./launch_list.ts";
import { instantiate, prepareProgram, prepareTimedProgram } from "./run_steps.ts";
import { startThread, type Thread } from "./thread.ts";
import { clocksOf, createTimesMemory, makeThreadTimes } from "./thread_times.ts";
import type { ThreadStart } from "./thread_worker.ts";

const PAGE_BYTES = 65536;
const MAX_PAGES = 65536;

/** How a wasm device is opened. */
export interface WasmOptions {
  /**
   * How many threads split each launch, the caller's own included; it blocks while they compute.
   */
  readonly threads: number;
  /**
   * Shortest time to wait for another thread before giving it up, in milliseconds. Default 5,000.
   */
  readonly patienceMs?: number;
  /** Makes ready for profiles: the device has a profiler. */
  readonly profile?: boolean;
}

/**
 * Loads a plan on the wasm engine. The caller's thread is thread 0 and computes inside `run`, so
 * with one thread there is no Worker at all. Bits do not depend on the number of threads.
 */
export async function openWasmDevice(plan: Plan, options: WasmOptions): Promise<Device> {
  const { threads } = options;
  const name = `device 0 (wasm, ${threads} ${threads === 1 ? "thread" : "threads"})`;
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw new RangeError(`Cannot open ${name}: the number of threads must be an integer >= 1`);
  }
  const list = makeLaunchList(plan, threads);
  const memory = allocate(name, list.bytes);
  const module = compile(name, list, memory);
  const controlMemory = createControlMemory(threads);
  const control = viewControl(controlMemory, threads);
  const place = (thread: number) => ({
    scratch: list.scratch,
    threadScratch: list.threadScratch + thread * list.threadScratchBytes,
  });
  const codeOf = instantiate(module, memory);
  const programs = list.programs.map(({ steps }) =>
    prepareProgram(steps, codeOf, place(0), control, 0)
  );
  const times = options.profile ? createTimesMemory(list.programs, threads) : undefined;
  const clocks = times && clocksOf(times, list.programs, 0);
  clocks?.forEach((clock, i) => {
    const { steps } = list.programs[i];
    programs.push(prepareTimedProgram(steps, codeOf, place(0), control, 0, clock));
  });
  const profiler = times && makeThreadTimes(times, list.programs, threads);
  const others = await startThreads(
    control,
    Array.from({ length: threads - 1 }, (_, i) => ({
      module,
      memory,
      control: controlMemory,
      thread: i + 1,
      threads,
      place: place(i + 1),
      programs: list.programs.map(({ steps }) => ({ steps })),
      times,
    })),
    name,
  );

  const deadlines = list.programs.map(() => makeDeadline(options.patienceMs ?? 5_000));
  /** A copy in memory of its own: views of shared memory are refused by much of the platform. */
  const copyOf = (verb: "read" | "snapshot", name: string): Elements => {
    const { type, address } = bufferOf(device, verb, name);
    return viewElements(memory.buffer, type.dtype, address, sizeOf(type)).slice();
  };
  let unusable: string | undefined;
  let closing: Promise<void> | undefined;
  const device: Device = {
    name,
    plan,
    ...(profiler === undefined ? {} : { profiler }),
    write(buffer, elements) {
      const { type, address } = bufferOf(device, "write", buffer, elements.length);
      viewElements(memory.buffer, type.dtype, address, sizeOf(type)).set(elements);
    },
    run(program) {
      programOf(device, program);
      const index = list.programs.findIndex((listed) => listed.name === program);
      if (unusable !== undefined) {
        throw new Error(`Cannot run program ${program} on ${name}: ${unusable}`);
      }
      const start = performance.now();
      const limit = deadlines[index].limitMs();
      const timed = profiler?.measures(program) ? profiler : undefined;
      const command = timed === undefined ? index : list.programs.length + index;
      try {
        setCommand(control, command);
        let arrival = arrive(control, limit);
        if (arrival === "released") arrival = programs[command](limit);
        if (arrival === "late") abort(control, latest(control), tooLate(limit));
      } catch (error) {
        abort(control, 0, error instanceof Error ? error.message : String(error));
      }
      const failure = failureOf(control);
      if (failure) {
        unusable = "it has failed before";
        const node = list.programs[index].nodes[failure.step];
        const what = node ? describeNode(node) : "a copy of results";
        throw new Error(
          `Cannot run program ${program} on ${name}: ${what} failed in thread ` +
            `${failure.thread}: ${failure.message}`,
        );
      }
      timed?.note(index, start);
      deadlines[index].note(performance.now() - start);
    },
    snapshot: (buffers) => snapshotNow(buffers.map((name) => copyOf("snapshot", name))),
    read: (buffer) => new Promise((resolve) => resolve(copyOf("read", buffer))),
    close() {
      unusable = "it is closed";
      return closing ??= stop(control, others);
    },
  };
  return device;
}

/** Takes the memory at its full size: pages are backed by the system only once they are touched. */
function allocate(name: string, bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const needs = `the plan needs ${(bytes / 2 ** 30).toFixed(2)} GiB`;
  if (pages > MAX_PAGES) {
    throw new RangeError(`Cannot open ${name}: ${needs}, a WebAssembly memory holds 4 GiB at most`);
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw new RangeError(`Cannot open ${name}: ${needs}, the system does not give that much`, {
      cause: error,
    });
  }
}

function compile(
  name: string,
  list: LaunchList,
  memory: WebAssembly.Memory,
): WebAssembly.Module {
  const pages = memory.buffer.byteLength / PAGE_BYTES;
  const bytes = linkWasm(list.functions, { pages, maximum: pages });
  try {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    throw new Error(
      `Cannot open ${name}: a kernel is not valid WebAssembly: ` +
        (error instanceof Error ? error.message : String(error)),
      { cause: error },
    );
  }
}

/**
 * Starts the other threads. If one cannot start, those that did are ended before the error goes on.
 */
async function startThreads(
  control: Control,
  starts: readonly ThreadStart[],
  name: string,
): Promise<Thread[]> {
  const begun = await Promise.allSettled(
    starts.map((start) => startThread(`${name}, thread ${start.thread}`, start)),
  );
  const threads = begun.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  const failed = begun.find((result) => result.status === "rejected");
  if (!failed) return threads;
  abort(control, 0, "another thread could not start");
  await Promise.all(threads.map((thread) => thread.end()));
  throw failed.reason;
}

/** The thread that is furthest behind: the one that the others wait for. */
function latest(control: Control): number {
  let thread = 1;
  for (let other = 2; other < control.threads; other++) {
    if (positionOf(control, other) < positionOf(control, thread)) thread = other;
  }
  return thread;
}

function tooLate(limitMs: number): string {
  return `it did not finish within ${(limitMs / 1000).toFixed(1)} s`;
}

async function stop(control: Control, others: readonly Thread[]): Promise<void> {
  setCommand(control, STOP);
  // After a failure the barrier is down already and the threads are on their way out.
  if (arrive(control, 1_000) === "late") abort(control, 0, "closed");
  await Promise.all(others.map((thread) => thread.end()));
}
