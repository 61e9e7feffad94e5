/** A profile as Chrome's Trace Event Format, which Perfetto and chrome://tracing show. */

import type { Node } from "../../../graph/ir/graph.ts";
import { formatType } from "../../../graph/ir/tensor.ts";
import type { DeviceProfiler, DeviceSlice } from "../../../runtime/profiler.ts";
import { flopsOf, trafficOf } from "./costliest_kernels.ts";

/** Something that the host did; in milliseconds of `performance.now()`. */
export interface HostSlice {
  readonly name: string;
  readonly start: number;
  readonly ms: number;
}

/** What a trace shows. */
export interface Trace {
  /** The id of the stage. */
  readonly id: string;
  readonly profiler: Pick<DeviceProfiler, "tracks" | "hostComputes">;
  readonly slices: readonly DeviceSlice[];
  readonly host: readonly HostSlice[];
  readonly steps: readonly HostSlice[];
}

/** An event of the format, times in microseconds: `X` is a slice, `M` names a track. */
export interface TraceEvent {
  readonly ph: "X" | "M";
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A slice on its way to an event. */
type Drawn = HostSlice & Pick<TraceEvent, "cat" | "args">;

/**
 * The text of a trace. Tracks: the steps, the host, and those of the device; where the host
 * computes as the device's first thread, these two are one. Slices of a track do not overlap: the
 * passes of a GPU that do are cut where the next one before them ends.
 */
export function traceText({ id, profiler, slices, host, steps }: Trace): string {
  const { tracks, hostComputes } = profiler;
  const hostSlices = host.map((slice): Drawn => ({ ...slice, cat: "host" }));
  const details = new Map<Node, Readonly<Record<string, unknown>>>();
  const devices = tracks.map(() => [] as Drawn[]);
  for (const slice of slices) devices[slice.track].push(drawSlice(slice, details));
  const merged: { readonly name: string; readonly slices: readonly Drawn[] }[] = [
    { name: "steps", slices: steps.map((slice) => ({ ...slice, cat: "step" })) },
    hostComputes
      ? { name: `host, ${tracks[0]}`, slices: [...hostSlices, ...devices[0]] }
      : { name: "host", slices: hostSlices },
    ...tracks.map((name, i) => ({ name, slices: devices[i] })).slice(hostComputes ? 1 : 0),
  ];
  const origin = steps[0].start;
  const events = merged.flatMap(({ name, slices }, tid) => [
    { ph: "M", name: "thread_name", pid: 1, tid, args: { name } } as const,
    { ph: "M", name: "thread_sort_index", pid: 1, tid, args: { sort_index: tid } } as const,
    ...trackEvents(slices, tid, origin),
  ]);
  const process = { ph: "M", name: "process_name", pid: 1, tid: 0, args: { name: id } } as const;
  const lines = [process, ...events].map((event: TraceEvent) => JSON.stringify(event));
  return `{"displayTimeUnit":"ms","traceEvents":[\n${lines.join(",\n")}\n]}\n`;
}

function trackEvents(slices: readonly Drawn[], tid: number, origin: number): TraceEvent[] {
  let end = -Infinity;
  return slices.toSorted((a, b) => a.start - b.start).map(({ name, cat, args, start, ms }) => {
    // In whole nanoseconds: sums of rounded microseconds would overlap.
    const from = Math.max(end, Math.round((start - origin) * 1e6));
    end = Math.max(from, Math.round((start + ms - origin) * 1e6));
    const [ts, dur] = [from / 1000, (end - from) / 1000];
    return { ph: "X", name, ...(cat ? { cat } : {}), pid: 1, tid, ts, dur, ...(args && { args }) };
  });
}

function drawSlice(slice: DeviceSlice, details: Map<Node, Readonly<Record<string, unknown>>>) {
  const { kind, node, program, phase, phases, start, ms } = slice;
  if (kind === "wait") return { name: "wait for threads", cat: "wait", start, ms };
  const place = node?.origin?.path;
  const part = phases > 1 ? ` (${phase + 1} of ${phases})` : "";
  const name = `${node?.op.name ?? "copy"}${place ? ` ${place}` : ""}${part}`;
  const detail = node && (details.get(node) ?? detailsOf(node));
  if (node && detail) details.set(node, detail);
  return { name, cat: program, start, ms, args: { program, phase, phases, ...detail } };
}

function detailsOf(node: Node): Readonly<Record<string, unknown>> {
  const types = (values: Node["inputs"]) => values.map(({ type }) => formatType(type)).join(", ");
  return {
    op: node.op.name,
    ...(node.origin ? { place: node.origin.path, location: node.origin.location } : {}),
    types: `${types(node.inputs)} -> ${types(node.outputs)}`,
    flops: flopsOf(node),
    bytes: trafficOf(node),
  };
}
