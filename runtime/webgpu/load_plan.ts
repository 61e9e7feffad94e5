/** Puts a plan on a GPU device: everything that is made once. */

import { bytesOf } from "../../graph/plan/make_plan.ts";
import { formatType } from "../../graph/ir/tensor.ts";
import type { Plan } from "../../graph/plan/plan.ts";
import { describeNode } from "../describe_node.ts";
import { allocate } from "./allocate.ts";
import { compileShaders } from "./compile_shaders.ts";
import type { Counters } from "./counters.ts";
import { checked } from "./faults.ts";
import {
  type LaunchList,
  type ListedLaunch,
  type ListedProgram,
  makeLaunchList,
} from "./launch_list.ts";
import { placeMemory, type Span } from "./place_memory.ts";
import type { Place, PreparedProgram } from "./recorder.ts";

/** A plan that is ready to run. */
export interface LoadedPlan {
  readonly programs: ReadonlyMap<string, PreparedProgram>;
  /** Where the buffer at an address of the arena lies. */
  placeOf(address: number): Place;
}

/** How many of the largest buffers a message names. */
const NAMED = 3;

/** Calls `compile` for so many shaders: it may take long. */
export type CompileGuard = <T>(shaders: number, compile: () => Promise<T>) => Promise<T>;

/**
 * Compiles the shaders of a plan, takes its memory and makes its bind groups. Adds the buffers it
 * makes to `owned`. Throws an Error that names the op or the buffers where the device cannot have
 * it, also where an op might take more than `loopLimit` iterations.
 */
export async function loadPlan(
  device: GPUDevice,
  plan: Plan,
  loopLimit: number,
  counters: Counters,
  owned: GPUBuffer[],
  guard: CompileGuard,
): Promise<LoadedPlan> {
  const list = makeLaunchList(plan, device.limits, loopLimit);
  const memory = placeMemory(spansOf(plan, list), device.limits.maxBufferSize);
  const { pipelines, layouts } = await guard(
    list.shaders.length,
    () => compileShaders(device, list.shaders),
  );
  counters.pipelines += pipelines.length;
  const sizes = [...memory.slabs, ...(list.scratchBytes > 0 ? [list.scratchBytes] : [])];
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  try {
    owned.push(...await allocate(device, sizes.map((bytes) => ({ bytes, usage }))));
  } catch (error) {
    throw new Error(`${(error as Error).message}; ${describeLargest(plan)}`, { cause: error });
  }
  counters.buffers += owned.length;
  const placeOf = (address: number): Place => {
    const { slab, offset } = memory.place(address);
    return { buffer: owned[slab], offset };
  };

  const scratch = owned[memory.slabs.length];
  const groups = new Map<string, GPUBindGroup>();
  /** Launches of the same memory share a bind group. */
  const groupOf = ({ shader, memory }: ListedLaunch): GPUBindGroup => {
    const { bindings } = list.shaders[shader];
    const key = memory.map(({ address, bytes }, i) => `${bindings[i]}:${address}+${bytes}`).join();
    const known = groups.get(key);
    if (known) return known;
    const made = device.createBindGroup({
      layout: layouts[shader],
      entries: memory.map(({ address, bytes }, i) => {
        const place = address === undefined ? { buffer: scratch, offset: 0 } : placeOf(address);
        return { binding: bindings[i], resource: { ...place, size: bytes } };
      }),
    });
    counters.bindGroups++;
    groups.set(key, made);
    return made;
  };
  const prepare = (program: ListedProgram): [string, PreparedProgram] => [program.name, {
    name: program.name,
    buffers: buffersOf(plan, program.name),
    pipelines: program.launches.map(({ shader }) => pipelines[shader]),
    nodes: program.launches.map(({ node }) => node),
    groups: program.launches.map(groupOf),
    workgroups: program.launches.map(({ workgroups }) => workgroups),
    costs: program.launches.map(({ cost }) => cost),
    costliest: describeCostliest(program),
  }];
  const programs = await checked(device, () => list.programs.map(prepare));
  return { programs: new Map(programs), placeOf };
}

/** All memory that anything uses. */
function spansOf(plan: Plan, list: LaunchList): Span[] {
  const buffers = [...plan.buffers.values()].map(({ type, address }) => ({
    address,
    bytes: bytesOf(type),
  }));
  const copies = [...plan.programs.values()].flatMap((program) =>
    program.copies.flatMap(({ from, to, bytes }) => [
      { address: from, bytes },
      { address: to, bytes },
    ])
  );
  const bound = list.programs.flatMap((program) =>
    program.launches.flatMap(({ memory }) =>
      memory.flatMap(({ address, bytes }) => address === undefined ? [] : [{ address, bytes }])
    )
  );
  return [...buffers, ...copies, ...bound];
}

function buffersOf(plan: Plan, program: string): ReadonlySet<string> {
  const { graph } = plan.programs.get(program)!;
  return new Set([...graph.inputs.keys(), ...graph.outputs.keys()]);
}

function describeCostliest({ launches }: ListedProgram): string {
  const first = launches[0];
  const costliest = launches.reduce(
    (most, launch) => launch.cost > most.cost ? launch : most,
    first,
  );
  return costliest?.node ? describeNode(costliest.node) : "copies";
}

function describeLargest({ buffers, bytes }: Plan): string {
  const sorted = [...buffers.values()].sort((a, b) => bytesOf(b.type) - bytesOf(a.type));
  const largest = sorted.slice(0, NAMED).map(({ name, type }) =>
    `${name}, ${formatType(type)}: ${bytesOf(type)}`
  );
  return `the plan has ${bytes} bytes, its largest buffers are ${largest.join("; ")}`;
}
