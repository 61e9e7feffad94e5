/**
 * Records commands and submits them. Everything recorded between two calls of `submit` is one
 * submission, but where it would keep the device busy for too long.
 */

import type { Node } from "../../graph/ir/graph.ts";
import type { Counters } from "./counters.ts";
import { describeError, type Faults } from "./faults.ts";
import type { PassTimes } from "./launch_times.ts";

/** Launches of a program, ready to be encoded. All arrays have an entry for each launch. */
export interface PreparedProgram {
  readonly name: string;
  /** Names of the buffers that the program reads or writes. */
  readonly buffers: ReadonlySet<string>;
  readonly pipelines: readonly GPUComputePipeline[];
  /** What each computes; undefined for copies. */
  readonly nodes: readonly (Node | undefined)[];
  readonly groups: readonly GPUBindGroup[];
  readonly workgroups: readonly (readonly [number, number, number])[];
  /** How long each might take, as `Pace` measures it. */
  readonly costs: readonly number[];
  /** What takes longest, for messages. */
  readonly costliest: string;
}

/** Where a tensor lies. */
export interface Place {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

/** What has been submitted and not been waited for. */
export interface InFlight {
  readonly cost: number;
  /** When the first of it was submitted. */
  readonly since: number;
  /** How often each program is in it. */
  readonly programs: ReadonlyMap<PreparedProgram, number>;
}

/** Records and submits. */
export interface Recorder {
  /** Records the launches of a program; submits on the way where that is due. */
  launch(program: PreparedProgram, factor: number): void;
  /** As `launch`, for profiles: each launch in a pass of its own, which is timed. */
  launchTimed(program: PreparedProgram, factor: number, times: PassTimes): void;
  /** Records a copy of a part of the buffer `name`. */
  copy(name: string, from: Place, to: Place, bytes: number): void;
  /** Writes to a buffer: after what is recorded if that uses the buffer, otherwise before. */
  write(name: string, to: Place, data: ArrayBufferView): void;
  /** Submits what is recorded, if anything. */
  submit(): void;
  readonly inFlight: InFlight;
  /** Resolves when the submissions so far have been checked; begins a new flight. */
  land(): Promise<void>;
}

/** No submission should take longer, in milliseconds: screens are drawn by the same device. */
const SUBMISSION_MS = 250;
/** Data that waits in this buffer is written in the order of what is recorded. */
const UPLOAD_BYTES = 4 * 2 ** 20;
/**
 * The queue keeps a copy of what is written until the next submission: it comes after so many
 * bytes.
 */
const WRITE_BYTES = 64 * 2 ** 20;

/** What a recorder needs of its device. */
export interface RecorderHost {
  /** Makes the buffer for data on its way to the device, when it is first needed. */
  makeUpload(bytes: number): GPUBuffer;
  /** Calls `submit`, which may block until the device has come further with what is in flight. */
  guard(flight: InFlight, submit: () => void): void;
}

/** Makes a recorder that has nothing recorded. */
export function makeRecorder(
  device: GPUDevice,
  faults: Faults,
  counters: Counters,
  { makeUpload, guard }: RecorderHost,
): Recorder {
  const { queue } = device;
  let encoder: GPUCommandEncoder | undefined;
  let pass: GPUComputePassEncoder | undefined;
  let recordedCost = 0;
  let upload: GPUBuffer | undefined;
  let uploaded = 0;
  let written = 0;
  /** Programs and buffers that the recorded commands use. */
  const recorded = new Set<PreparedProgram>();
  const copied = new Set<string>();
  let flight = newFlight();
  let checks: Promise<void>[] = [];

  const beginCommands = () => encoder ??= device.createCommandEncoder();
  const beginCopies = () => {
    pass?.end();
    pass = undefined;
    return beginCommands();
  };
  const submit = () => {
    if (!encoder) return;
    pass?.end();
    const idle = flight.cost === 0;
    if (idle) flight.since = performance.now();
    for (const kind of KINDS) device.pushErrorScope(kind);
    try {
      const commands = encoder.finish();
      if (idle) queue.submit([commands]);
      else guard(flight, () => queue.submit([commands]));
    } finally {
      for (const _ of KINDS) {
        checks.push(
          device.popErrorScope().then((error) => {
            if (error) faults.note(describeError(error));
          }),
        );
      }
    }
    counters.submissions++;
    flight.cost += recordedCost;
    [encoder, pass, recordedCost, uploaded, written] = [undefined, undefined, 0, 0, 0];
    recorded.clear();
    copied.clear();
  };
  const writeNow = ({ buffer, offset }: Place, data: ArrayBufferView) => {
    for (let start = 0; start < data.byteLength; start += WRITE_BYTES) {
      const bytes = Math.min(WRITE_BYTES, data.byteLength - start);
      const part = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset + start, bytes);
      if (written + bytes > WRITE_BYTES) {
        queue.submit([]);
        written = 0;
      }
      queue.writeBuffer(buffer, offset + start, part);
      written += bytes;
    }
  };
  const uses = (name: string) => {
    for (const { buffers } of recorded) if (buffers.has(name)) return true;
    return copied.has(name);
  };

  return {
    launch(program, factor) {
      const { pipelines, groups, workgroups, costs } = program;
      const most = SUBMISSION_MS / factor;
      let [pipeline, group]: [GPUComputePipeline?, GPUBindGroup?] = [];
      for (let i = 0; i < pipelines.length; i++) {
        if (recordedCost > 0 && recordedCost + costs[i] > most) submit();
        if (!pass) {
          pass = beginCommands().beginComputePass();
          [pipeline, group] = [undefined, undefined];
        }
        recorded.add(program);
        if (pipelines[i] !== pipeline) pass.setPipeline(pipeline = pipelines[i]);
        if (groups[i] !== group) pass.setBindGroup(0, group = groups[i]);
        const [x, y, z] = workgroups[i];
        pass.dispatchWorkgroups(x, y, z);
        recordedCost += costs[i];
      }
      counters.launches += pipelines.length;
      flight.programs.set(program, (flight.programs.get(program) ?? 0) + 1);
    },
    launchTimed(program, factor, times) {
      const { pipelines, groups, workgroups, costs } = program;
      const most = SUBMISSION_MS / factor;
      for (let i = 0; i < pipelines.length; i++) {
        if (recordedCost > 0 && recordedCost + costs[i] > most) submit();
        const timed = beginCopies().beginComputePass({ timestampWrites: times.writes(i) });
        recorded.add(program);
        timed.setPipeline(pipelines[i]);
        timed.setBindGroup(0, groups[i]);
        const [x, y, z] = workgroups[i];
        timed.dispatchWorkgroups(x, y, z);
        timed.end();
        recordedCost += costs[i];
      }
      times.resolve(beginCopies());
      counters.launches += pipelines.length;
      flight.programs.set(program, (flight.programs.get(program) ?? 0) + 1);
    },
    copy(name, from, to, bytes) {
      copied.add(name);
      beginCopies().copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes);
    },
    write(name, to, data) {
      if (data.byteLength === 0) return;
      if (!uses(name)) return writeNow(to, data);
      if (uploaded + data.byteLength > UPLOAD_BYTES) {
        submit();
        return writeNow(to, data);
      }
      upload ??= makeUpload(UPLOAD_BYTES);
      const from = { buffer: upload, offset: uploaded };
      writeNow(from, data);
      uploaded += data.byteLength;
      copied.add(name);
      beginCopies().copyBufferToBuffer(
        from.buffer,
        from.offset,
        to.buffer,
        to.offset,
        data.byteLength,
      );
    },
    submit,
    get inFlight() {
      return flight;
    },
    async land() {
      const landing = checks;
      checks = [];
      flight = newFlight();
      await Promise.all(landing);
    },
  };
}

/** Errors that a submission can have. */
const KINDS = ["validation", "out-of-memory", "internal"] as const;

function newFlight() {
  return { cost: 0, since: 0, programs: new Map<PreparedProgram, number>() };
}
