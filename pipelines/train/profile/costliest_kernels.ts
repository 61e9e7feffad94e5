/** What the kernels of a profiled training cost: time, arithmetic and traffic. */

import type { Node, Value } from "../../../graph/ir/graph.ts";
import { formatType } from "../../../graph/ir/tensor.ts";
import { bytesOf } from "../../../graph/plan/make_plan.ts";
import type { DeviceSlice } from "../../../runtime/profiler.ts";
import type { HostSlice } from "./trace_text.ts";

/** What the launches of one kernel cost in a step. */
export interface KernelCost {
  /** Its op, its formula where it has one, and its results; `copy` for copies of results. */
  readonly name: string;
  /** Where in the model it is called. */
  readonly places: readonly string[];
  readonly launches: number;
  /** Each phase of a launch takes as long as its slowest thread. */
  readonly ms: number;
  readonly flops: number;
  /** Those of all operands and results, each once: what has to be moved at least. */
  readonly bytes: number;
}

/** What everything on the device cost in a step. */
export interface DeviceCosts {
  /** The costliest kernel first. */
  readonly kernels: readonly KernelCost[];
  /** How long threads computed, and waited for each other: means of all threads. */
  readonly computeMs: number;
  readonly waitMs: number;
}

/** Kernels that are told of. */
const NAMED = 10;

/** Sums up slices of `steps` steps by kernel: equal keys are one. */
export function costliestKernels(slices: readonly DeviceSlice[], steps: number): DeviceCosts {
  /** The slowest thread of each phase of each launch. */
  const slowest = new Map<string, DeviceSlice>();
  const tracks = new Set<number>();
  let [computed, waited] = [0, 0];
  for (const slice of slices) {
    tracks.add(slice.track);
    if (slice.kind === "wait") {
      waited += slice.ms;
      continue;
    }
    computed += slice.ms;
    const key = `${slice.launch} ${slice.phase}`;
    const known = slowest.get(key);
    if (known === undefined || known.ms < slice.ms) slowest.set(key, slice);
  }
  const kernels = new Map<string, { -readonly [K in keyof KernelCost]: KernelCost[K] }>();
  const seen = new Set<number>();
  for (const { node, launch, ms } of slowest.values()) {
    const key = node?.op.kernel?.(node.call).key ?? "copy";
    const cost = kernels.get(key) ??
      { name: nameOf(node), places: [], launches: 0, ms: 0, flops: 0, bytes: 0 };
    kernels.set(key, cost);
    cost.ms += ms / steps;
    if (seen.has(launch)) continue;
    seen.add(launch);
    cost.launches += 1 / steps;
    cost.flops += flopsOf(node) / steps;
    cost.bytes += trafficOf(node) / steps;
    const place = node?.origin?.path;
    if (place && !cost.places.includes(place)) cost.places = [...cost.places, place];
  }
  const means = Math.max(1, tracks.size) * steps;
  return {
    kernels: [...kernels.values()].sort((a, b) => b.ms - a.ms),
    computeMs: computed / means,
    waitMs: waited / means,
  };
}

/** Floating-point operations of a launch. */
export function flopsOf(node: Node | undefined): number {
  return node?.op.flops(node.call) ?? 0;
}

/** Bytes of the operands and results of a launch, each once; of a copy, nobody tells. */
export function trafficOf(node: Node | undefined): number {
  const values = new Set<Value>([...node?.inputs ?? [], ...node?.outputs ?? []]);
  return [...values].reduce((sum, { type }) => sum + bytesOf(type), 0);
}

/**
 * A table of the costliest kernels, and where the rest of a step of `stepMs` went; empty without
 * launches.
 */
export function describeCosts(
  { kernels, computeMs, waitMs }: DeviceCosts,
  host: readonly HostSlice[],
  steps: number,
  stepMs: number,
): string[] {
  const share = (ms: number) => `${(100 * ms / stepMs).toFixed(1)}%`;
  const sums = new Map<string, number>();
  for (const { name, ms } of host) {
    const kind = name.split(" ")[0];
    const group = kind === "write" || kind === "run" ? kind : name;
    sums.set(group, (sums.get(group) ?? 0) + ms / steps);
  }
  const hostSums = [...sums].map(([name, ms]) => `${name} ${ms.toFixed(3)}`).join(", ");
  const hostLine = `ms/step of the host: ${hostSums}`;
  if (kernels.length === 0) return [hostLine];
  const rows = kernels.slice(0, NAMED).map(({ name, places, launches, ms, flops, bytes }) => [
    ms.toFixed(3),
    share(ms),
    rateOf(flops, ms),
    rateOf(bytes, ms),
    String(Number(launches.toFixed(1))),
    name + describePlaces(places),
  ]);
  const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
  return [
    ...alignColumns([["ms/step", "share", "GFLOP/s", "GB/s", "launches", "kernel"], ...rows]),
    `ms/step of all ${kernels.length} kernels: ${total.toFixed(3)} (${
      share(total)
    }), each as long as ` +
    `its slowest thread; mean thread: computes ${computeMs.toFixed(3)} (${share(computeMs)}), ` +
    `waits for others ${waitMs.toFixed(3)} (${share(waitMs)})`,
    hostLine,
  ];
}

/** Thousands of millions in a second; `-` where nothing is counted. */
function rateOf(count: number, ms: number): string {
  return count === 0 || ms === 0 ? "-" : (count / ms / 1e6).toFixed(1);
}

/** Columns of numbers to the right, the last one to the left. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row.map((cell, i) => i + 1 < row.length ? cell.padStart(widths[i]) : cell).join("  ")
  );
}

function describePlaces([place, ...more]: readonly string[]): string {
  if (place === undefined) return "";
  return `, ${place}${more.length === 0 ? "" : ` and ${more.length} more`}`;
}

/** Longest formula that is shown. */
const FORMULA = 60;

function nameOf(node: Node | undefined): string {
  if (node === undefined) return "copy";
  const { eq, expr, pattern } = node.attrs;
  const formula = String(eq ?? expr ?? pattern ?? "");
  const shown = formula.length > FORMULA ? `${formula.slice(0, FORMULA)}...` : formula;
  const types = node.outputs.slice(0, 2).map(({ type }) => formatType(type)).join(", ");
  const more = node.outputs.length > 2 ? ", ..." : "";
  return `${node.op.name}${shown === "" ? "" : ` ${JSON.stringify(shown)}`} -> ${types}${more}`;
}
