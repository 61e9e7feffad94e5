/**
 * When a GPU began and ended each launch: timestamps that it writes around passes of one launch.
 */

import type { Node } from "../../graph/ir/graph.ts";
import { type DeviceProfiler, type DeviceSlice, phasesOf } from "../profiler.ts";

/** The feature of adapters that write timestamps. */
export const TIMESTAMPS = "timestamp-query";

/** The timestamps of one run of a program. */
export interface PassTimes {
  /** Where the pass of launch `i` writes when it begins and ends. */
  writes(i: number): GPUComputePassTimestampWrites;
  /** Records that the timestamps go where the host can read them, after all passes. */
  resolve(encoder: GPUCommandEncoder): void;
}

/** The profiler of a webgpu device. */
export interface LaunchTimes extends DeviceProfiler {
  /** Timestamps for a run of a program that is to be measured now; undefined for others. */
  begin(program: string): PassTimes | undefined;
}

/** What measures on which device. */
export interface LaunchTimesHost {
  readonly gpu: GPUDevice;
  /** The node of each launch of a program; undefined for copies. */
  nodesOf(program: string): readonly (Node | undefined)[];
  /** Waits for `done`, which waits for the device. */
  wait<T>(done: () => Promise<T>): Promise<T>;
}

/** Queries of a query set: the most that WebGPU allows. */
const MOST_QUERIES = 4096;
const QUERY_BYTES = 8;

/** A query set and the buffers through which its timestamps come to the host. */
interface Queries {
  readonly set: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly read: GPUBuffer;
  readonly count: number;
}

/** A measured run of a program: its launches, and the query sets one behind the other. */
interface Run {
  readonly program: string;
  readonly queries: readonly Queries[];
}

/** A timestamp of the device, and the host's time between two calls around it. */
interface Tick {
  readonly ticks: bigint;
  readonly before: number;
  readonly after: number;
}

/** Measures launches on a device that has the feature `TIMESTAMPS`. */
export function makeLaunchTimes({ gpu, nodesOf, wait }: LaunchTimesHost): LaunchTimes {
  let measured: ReadonlySet<string> = new Set();
  let runs: Run[] = [];
  let started: Tick | undefined;
  const tick = async (): Promise<Tick> => {
    const queries = makeQueries(gpu, 2);
    await gpu.queue.onSubmittedWorkDone();
    const before = performance.now();
    const encoder = gpu.createCommandEncoder();
    encoder.beginComputePass({ timestampWrites: writesAt(queries.set, 0) }).end();
    resolve(encoder, queries);
    gpu.queue.submit([encoder.finish()]);
    const [ticks] = await readQueries(queries);
    return { ticks, before, after: performance.now() };
  };
  return {
    tracks: ["gpu"],
    hostComputes: false,
    missing: undefined,
    async start(programs) {
      runs = [];
      started = await wait(tick);
      measured = new Set(programs);
    },
    async stop() {
      measured = new Set();
      const [begun, done] = [started!, runs];
      runs = [];
      return await wait(async () => {
        const toMs = clockOf(begun, await tick());
        const slices: DeviceSlice[] = [];
        let launches = 0;
        for (const { program, queries } of done) {
          const times = (await Promise.all(queries.map(readQueries))).flatMap((part) => [...part]);
          const nodes = nodesOf(program);
          phasesOf(nodes).forEach(({ first, ...phase }, i) => {
            const [start, end] = [toMs(times[2 * i]), toMs(times[2 * i + 1])];
            slices.push({
              track: 0,
              kind: "launch",
              launch: launches + first,
              node: nodes[i],
              program,
              ...phase,
              start,
              ms: Math.max(0, end - start),
            });
          });
          launches += nodes.length;
        }
        return slices;
      });
    },
    begin(program) {
      if (!measured.has(program)) return undefined;
      const queries: Queries[] = [];
      for (let left = 2 * nodesOf(program).length; left > 0; left -= MOST_QUERIES) {
        queries.push(makeQueries(gpu, Math.min(left, MOST_QUERIES)));
      }
      runs.push({ program, queries });
      return {
        writes: (i) =>
          writesAt(queries[Math.floor(2 * i / MOST_QUERIES)].set, 2 * i % MOST_QUERIES),
        resolve: (encoder) => queries.forEach((part) => resolve(encoder, part)),
      };
    },
  };
}

/**
 * From timestamps to the host's milliseconds. WebGPU's timestamps are nanoseconds; where a platform
 * hands out the ticks of the driver instead, the time between two of them tells how long one is.
 */
export function clockOf(first: Tick, last: Tick): (ticks: bigint) => number {
  const ticks = Number(last.ticks - first.ticks);
  // The timestamp is somewhere in between: the time from one to the other is known up to that.
  const hostMs = (last.before + last.after - first.before - first.after) / 2;
  const doubt = (last.after - last.before + first.after - first.before) / 2;
  const nanoseconds = Math.abs(ticks / 1e6 - hostMs) <= Math.max(doubt, 0.01 * hostMs);
  const tickMs = nanoseconds || ticks <= 0 ? 1e-6 : hostMs / ticks;
  const origin = (first.before + first.after) / 2;
  return (time) => origin + Number(time - first.ticks) * tickMs;
}

function makeQueries(gpu: GPUDevice, count: number): Queries {
  const size = count * QUERY_BYTES;
  return {
    set: gpu.createQuerySet({ type: "timestamp", count }),
    resolved: gpu.createBuffer({
      size,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    }),
    read: gpu.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
    count,
  };
}

function writesAt(querySet: GPUQuerySet, index: number): GPUComputePassTimestampWrites {
  return { querySet, beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 };
}

function resolve(encoder: GPUCommandEncoder, { set, resolved, read, count }: Queries): void {
  encoder.resolveQuerySet(set, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, read, 0, count * QUERY_BYTES);
}

/** The timestamps; the query set and its buffers are gone then. */
async function readQueries({ set, resolved, read }: Queries): Promise<BigUint64Array> {
  await read.mapAsync(GPUMapMode.READ);
  const times = new BigUint64Array(read.getMappedRange().slice(0));
  read.destroy();
  resolved.destroy();
  set.destroy();
  return times;
}
