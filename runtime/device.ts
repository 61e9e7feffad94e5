/** What a host asks of a device, whichever engine it runs on. */

import type { Buffer, Plan, Program } from "../graph/plan/plan.ts";
import { type Dtype, formatType, sizeOf } from "../graph/ir/tensor.ts";
import type { DeviceProfiler } from "./profiler.ts";

/** Elements of a tensor on the host. The reference engine hands out doubles for every dtype. */
export type Elements = Float32Array | Float64Array | Int32Array | Uint32Array;

/** Copies of buffers that a device keeps until they are asked for. */
export interface Snapshot {
  /**
   * The copies, in the order in which the buffers were named. What went wrong before surfaces here.
   */
  elements(): Promise<readonly Elements[]>;
}

/** What an engine is about to wait for while it blocks its thread. */
export interface Wait {
  /** For messages: the device and what it has not finished yet. */
  readonly what: string;
  /** If it takes longer than this many milliseconds, the device can be taken for dead. */
  readonly limitMs: number;
}

/** Is told of each wait before it begins, and with nothing when it has ended. */
export type WaitListener = (wait?: Wait) => void;

/**
 * A listener, where there is one, that is also told what the device is used for: `what` starts with
 * it.
 */
export function withPurpose(
  { onWait }: { readonly onWait?: WaitListener },
  purpose: () => string,
): { readonly onWait?: WaitListener } {
  if (!onWait) return {};
  return { onWait: (wait) => onWait(wait && { ...wait, what: `${purpose()} on ${wait.what}` }) };
}

/** A plan loaded on an engine: its buffers hold values, its programs can run. */
export interface Device {
  /** For messages: `device 0 (wasm, 2 threads)`. */
  readonly name: string;
  readonly plan: Plan;
  /** There if the device was opened to be profiled. */
  readonly profiler?: DeviceProfiler;
  /** Sets a whole buffer, in row-major order; buffers hold zeros at first. */
  write(buffer: string, elements: ArrayLike<number>): void;
  /**
   * Runs a program. An engine may only queue it: what goes wrong then surfaces at the next `read`.
   * An error names the device, the program and, where it is known, the op; the device is then of
   * no further use but for `close`.
   */
  run(program: string): void;
  /**
   * Notes what whole buffers hold after everything asked for before this call, for later. An engine
   * that queues what it is asked for starts on it now: a host calls this once at the end of a step,
   * and asks for the elements of several steps together, since waiting for a device may be slow.
   * For small buffers; throws a RangeError where one is too large for the engine to keep.
   */
  snapshot(buffers: readonly string[]): Snapshot;
  /**
   * A copy of a whole buffer as it is after everything asked for before this call. Several reads
   * that are begun together take little longer than one. Nothing else may be asked of the device
   * while they last.
   */
  read(buffer: string): Promise<Elements>;
  /**
   * Frees memory and threads. Nothing may be asked of the device afterwards; a second call is fine.
   */
  close(): Promise<void>;
}

/**
 * The buffer called `name`, for `verb`ing it; throws where the plan has none or the length differs.
 */
export function bufferOf(
  device: { readonly name: string; readonly plan: Plan },
  verb: "read" | "write" | "snapshot",
  name: string,
  length?: number,
): Buffer {
  const buffer = device.plan.buffers.get(name);
  if (!buffer) {
    throw new RangeError(
      `Cannot ${verb} buffer ${name} of ${device.name}: its plan has no buffer of that name`,
    );
  }
  if (length !== undefined && length !== sizeOf(buffer.type)) {
    throw new RangeError(
      `Cannot ${verb} buffer ${name} of ${device.name}: got ${length} elements, ` +
        `expected ${sizeOf(buffer.type)} for ${formatType(buffer.type)}`,
    );
  }
  return buffer;
}

/** The program called `name`; throws where the plan has none. */
export function programOf(
  device: { readonly name: string; readonly plan: Plan },
  name: string,
): Program {
  const program = device.plan.programs.get(name);
  if (program) return program;
  throw new RangeError(
    `Cannot run program ${name} on ${device.name}: its programs are ` +
      [...device.plan.programs.keys()].join(", "),
  );
}

/** A host view of `length` elements of a dtype at a byte address of a memory. */
export function viewElements(
  memory: ArrayBufferLike,
  dtype: Dtype,
  address: number,
  length: number,
): Float32Array | Int32Array | Uint32Array {
  if (dtype === "f32") return new Float32Array(memory, address, length);
  return dtype === "i32"
    ? new Int32Array(memory, address, length)
    : new Uint32Array(memory, address, length);
}

/** A snapshot of an engine that has done everything it was asked for when `run` returns. */
export function snapshotNow(elements: readonly Elements[]): Snapshot {
  return { elements: () => Promise.resolve(elements) };
}
