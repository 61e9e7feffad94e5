/**
 * The webgpu engine. Shaders, buffers and bind groups are made once; each run of a program is
 * encoded again; what is asked for up to a snapshot is submitted at once; results are read in
 * batches.
 */

import { BYTES_PER_ELEMENT, type Dtype, sizeOf } from "../../graph/ir/tensor.ts";
import { bytesOf } from "../../graph/plan/make_plan.ts";
import type { Buffer, Plan } from "../../graph/plan/plan.ts";
import {
  bufferOf,
  type Device,
  type Elements,
  programOf,
  viewElements,
  type WaitListener,
} from "../device.ts";
import { type DeviceProfiler, missingProfiler } from "../profiler.ts";
import { type Counters, zeroCounters } from "./counters.ts";
import { cutPlan } from "./cut_plan.ts";
import { type Faults, watchFaults } from "./faults.ts";
import { type AdapterFound, findAdapter } from "./find_adapter.ts";
import { makeFlightWaits } from "./flight_waits.ts";
import { type LaunchTimes, makeLaunchTimes, TIMESTAMPS } from "./launch_times.ts";
import { type LoadedPlan, loadPlan } from "./load_plan.ts";
import { loopLimitOf } from "./loop_limit.ts";
import { makePace, type Pace } from "./pace.ts";
import { makeRecorder } from "./recorder.ts";
import { type Copied, makeStaging, STAGING_BYTES } from "./staging.ts";
import { type BeginWait, tellWaits, waitFor } from "./tell_waits.ts";

/** How a webgpu device is opened. */
export interface WebgpuOptions {
  /** The adapter to take; the one that the system prefers where it is absent. */
  readonly adapter?: Pick<AdapterFound, "adapter" | "name" | "software">;
  /** Is told before the thread blocks to wait for the device. */
  readonly onWait?: WaitListener | undefined;
  /**
   * Shortest time to wait for the device before it can be given up, in milliseconds. Default 5,000.
   */
  readonly patienceMs?: number;
  /** Makes ready for profiles: the device has a profiler. */
  readonly profile?: boolean;
}

/** A device that counts what it does. */
export interface WebgpuDevice extends Device {
  readonly counters: Readonly<Counters>;
}

/**
 * How many times as long as a slow GPU a software adapter might take, before anything is measured.
 */
const SOFTWARE_FACTOR = 10;

/**
 * Drivers may take as long to open a device, and to compile a shader, in milliseconds: few seconds
 * are usual.
 */
const OPEN_MS = 60_000;
const COMPILE_MS = 10_000;

/** Loads a plan on the GPU. Errors name the device and, where there is one, the op. */
export async function openWebgpuDevice(
  whole: Plan,
  options: WebgpuOptions = {},
): Promise<WebgpuDevice> {
  const begin = tellWaits(options.onWait);
  const search = { what: "device 0 (webgpu), looking for its adapter", limitMs: OPEN_MS };
  const found = options.adapter ?? await waitFor(begin, search, () => findAdapter());
  if ("missing" in found) throw new Error(`Cannot open device 0 (webgpu): ${found.missing}`);
  const name = `device 0 (webgpu, ${found.name})`;
  let gpu: GPUDevice | undefined;
  const owned: GPUBuffer[] = [];
  try {
    const timed = options.profile === true && found.adapter.features.has(TIMESTAMPS);
    const wait = { what: `${name}, opening it`, limitMs: OPEN_MS };
    gpu = await waitFor(begin, wait, () => requestDevice(found.adapter, name, timed));
    const faults = watchFaults(gpu);
    const counters = zeroCounters();
    const plan = cutPlan(whole, gpu.limits.maxBufferSize);
    const loopLimit = loopLimitOf(found.name);
    const loaded = await loadPlan(gpu, plan, loopLimit, counters, owned, (shaders, compile) => {
      const limitMs = shaders * COMPILE_MS + OPEN_MS;
      return waitFor(begin, { what: `${name}, compiling ${shaders} shaders`, limitMs }, compile);
    });
    const fault = faults.first();
    if (fault !== undefined) throw new Error(fault);
    const pace = makePace(found.software ? SOFTWARE_FACTOR : 1, options.patienceMs ?? 5_000);
    const launchTimes = timed
      ? makeLaunchTimes({
        gpu,
        nodesOf: (program) => loaded.programs.get(program)!.nodes,
        wait: (done) =>
          waitFor(begin, { what: `${name}, reading its clock`, limitMs: OPEN_MS }, done),
      })
      : undefined;
    const parts = { ...loaded, name, plan, gpu, faults, counters, owned, pace, begin };
    if (options.profile !== true) return makeDevice(parts);
    const missing = `adapter ${found.name} has no ${TIMESTAMPS}: it measures no launches`;
    return makeDevice({ ...parts, launchTimes, profiler: launchTimes ?? missingProfiler(missing) });
  } catch (error) {
    for (const buffer of owned) buffer.destroy();
    gpu?.destroy();
    throw new Error(`Cannot open ${name}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Asks for the limits of the adapter: those that every device has are too small for models. */
function requestDevice(
  adapter: GPUAdapter,
  label: string,
  timed: boolean,
): Promise<GPUDevice> {
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } =
    adapter.limits;
  return adapter.requestDevice({
    label,
    requiredFeatures: timed ? [TIMESTAMPS] : [],
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
  });
}

/** What a device is made of. */
interface Parts extends LoadedPlan {
  readonly name: string;
  readonly plan: Plan;
  readonly gpu: GPUDevice;
  readonly faults: Faults;
  readonly counters: Counters;
  readonly owned: GPUBuffer[];
  readonly pace: Pace;
  readonly begin: BeginWait;
  /** Measures launches, where it was asked for and the adapter can. */
  readonly launchTimes?: LaunchTimes | undefined;
  readonly profiler?: DeviceProfiler;
}

/** A part of a buffer, or a whole one: an address of the arena and the bytes from there. */
interface Part {
  readonly name: string;
  readonly address: number;
  readonly dtype: Dtype;
  readonly bytes: number;
}

function makeDevice(parts: Parts): WebgpuDevice {
  const { name, plan, gpu, faults, counters, owned, pace, begin, programs, placeOf } = parts;
  const { launchTimes, profiler } = parts;
  const makeBuffer = (size: number, usage: GPUBufferUsageFlags) => {
    const buffer = gpu.createBuffer({ size, usage });
    owned.push(buffer);
    counters.buffers++;
    return buffer;
  };
  const waits = makeFlightWaits(name, faults, pace, begin);
  const recorder = makeRecorder(gpu, faults, counters, {
    makeUpload: (bytes) => makeBuffer(bytes, GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST),
    guard: waits.guard,
  });
  const staging = makeStaging(() =>
    makeBuffer(STAGING_BYTES, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
  );
  /** Buffers that are being read in pieces. */
  const reading = new Set<string>();
  let settling: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  /** Throws an Error if the device is of no use any more. */
  const insist = (what: string) => {
    const fault = closing ? "it is closed" : waits.fault(recorder.inFlight);
    if (fault !== undefined) throw new Error(`Cannot ${what} ${name}: ${fault}`);
  };
  const insistIdle = (what: string) => {
    insist(what);
    for (const buffer of reading) {
      throw new Error(`Cannot ${what} ${name}: buffer ${buffer} is being read`);
    }
  };
  /**
   * Reads all snapshots that are open; those that are asked for in the same turn share one wait.
   */
  const settle = () =>
    settling ??= Promise.resolve().then(async () => {
      recorder.submit();
      counters.readbacks++;
      const flight = recorder.inFlight;
      const landed = recorder.land();
      const sound = landed.then(() => faults.first() === undefined);
      await waits.wait(flight, () => staging.collect(sound));
    }).finally(() => settling = undefined);
  /** Records the copies of parts of buffers. */
  const take = (parts: readonly Part[]): Copied[] =>
    parts.map(({ name, address, dtype, bytes }) => {
      const copied: Copied = { dtype, bytes, elements: undefined };
      const to = staging.take(copied);
      if (to) recorder.copy(name, placeOf(address), to, bytes);
      return copied;
    });
  const collect = async (what: string, copies: readonly Copied[]): Promise<Elements[]> => {
    while (copies.some(({ elements }) => elements === undefined)) {
      insist(what);
      await settle();
    }
    return copies.map(({ elements }) => elements!);
  };
  /** A buffer that is larger than what can be read at once. */
  const readInPieces = async (what: string, { name, type, address }: Buffer): Promise<Elements> => {
    const whole = viewElements(new ArrayBuffer(bytesOf(type)), type.dtype, 0, sizeOf(type));
    reading.add(name);
    try {
      for (let start = 0; start < whole.byteLength; start += STAGING_BYTES) {
        const bytes = Math.min(STAGING_BYTES, whole.byteLength - start);
        const part = { name, address: address + start, dtype: type.dtype, bytes };
        const [piece] = await collect(what, take([part]));
        whole.set(piece, start / BYTES_PER_ELEMENT);
      }
    } finally {
      reading.delete(name);
    }
    return whole;
  };

  const device: WebgpuDevice = {
    name,
    plan,
    counters,
    ...(profiler === undefined ? {} : { profiler }),
    write(buffer, elements) {
      const { type, address } = bufferOf(device, "write", buffer, elements.length);
      insistIdle(`write buffer ${buffer} of`);
      recorder.write(buffer, placeOf(address), hostElements(type.dtype, elements));
    },
    run(program) {
      programOf(device, program);
      insistIdle(`run program ${program} on`);
      const prepared = programs.get(program)!;
      const times = launchTimes?.begin(program);
      if (times === undefined) recorder.launch(prepared, pace.factor());
      else recorder.launchTimed(prepared, pace.factor(), times);
    },
    snapshot(buffers) {
      const found = buffers.map((buffer) => bufferOf(device, "snapshot", buffer));
      const what = `read ${buffers.join(", ")} of`;
      insistIdle(what);
      const copies = take(found.map(({ name: buffer, type, address }) => {
        const bytes = bytesOf(type);
        if (bytes <= STAGING_BYTES) return { name: buffer, address, dtype: type.dtype, bytes };
        throw new RangeError(
          `Cannot snapshot buffer ${buffer} of ${name}: it has ${bytes} bytes, ` +
            `${STAGING_BYTES} are kept at most`,
        );
      }));
      recorder.submit();
      return { elements: () => collect(what, copies) };
    },
    async read(name) {
      const buffer = bufferOf(device, "read", name);
      const { address, type } = buffer;
      const what = `read ${name} of`;
      insist(what);
      const bytes = bytesOf(type);
      if (bytes > STAGING_BYTES) return await readInPieces(what, buffer);
      const part = { name, address, dtype: type.dtype, bytes };
      const [elements] = await collect(what, take([part]));
      return elements;
    },
    close() {
      return closing ??= (async () => {
        // A device that is destroyed at work may take the process with it.
        if (!faults.isLost()) {
          recorder.submit();
          await waits.wait(recorder.inFlight, () => gpu.queue.onSubmittedWorkDone());
        }
        faults.close();
        for (const buffer of owned) buffer.destroy();
        gpu.destroy();
      })();
    },
  };
  return device;
}

/** Elements as the device stores them. */
function hostElements(dtype: Dtype, elements: ArrayLike<number>): ArrayBufferView {
  if (dtype === "f32") {
    return elements instanceof Float32Array ? elements : Float32Array.from(elements);
  }
  if (dtype === "i32") return elements instanceof Int32Array ? elements : Int32Array.from(elements);
  return elements instanceof Uint32Array ? elements : Uint32Array.from(elements);
}
