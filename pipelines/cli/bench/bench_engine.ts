/** The engines that benches measure. */

import type { Plan } from "../../../graph/plan/plan.ts";
import type { Device } from "../../../runtime/device.ts";
import { openDevice } from "../../../runtime/open_device.ts";
import type { AdapterFinder, AdapterNamed } from "../../compile/choose_engine.ts";
import { askWebgpu } from "../doctor/ask_webgpu.ts";

/**
 * What may be asked for. The reference engine is there to be right: its speed is of no interest.
 */
export type BenchEngineName = "webgpu" | "wasm";
/** Everything that may be asked for. */
export const benchEngineNames: readonly BenchEngineName[] = ["webgpu", "wasm"];

/** An engine on this machine. */
export interface BenchEngine {
  readonly engine: BenchEngineName;
  /** Threads that split each launch of wasm; 1 on webgpu. */
  readonly threads: number;
  /** The adapter of webgpu. */
  readonly adapter?: string;
  /** True if the adapter computes on the CPU. */
  readonly software: boolean;
}

/** Engines, and for people why one was left out. */
export interface BenchEngines {
  readonly engines: readonly BenchEngine[];
  readonly leftOut?: string;
}

/**
 * The engine that was asked for, else all that runs would choose from: wasm, and webgpu where
 * there is a GPU. Drivers are asked by a Worker, with a deadline. Throws an Error if webgpu is
 * asked for and there is no adapter.
 */
export async function findBenchEngines(
  asked: BenchEngineName | undefined,
  threads: number,
  find: AdapterFinder = () => askWebgpu<AdapterNamed>("adapter"),
): Promise<BenchEngines> {
  const wasm: BenchEngine = { engine: "wasm", threads, software: false };
  if (asked === "wasm") return { engines: [wasm] };
  const found = await find();
  if ("missing" in found) {
    if (asked === undefined) return { engines: [wasm], leftOut: `webgpu: ${found.missing}` };
    throw new Error(
      `Cannot measure webgpu: ${found.missing}; deno task doctor tells what there should be`,
    );
  }
  const { name, software } = found;
  const webgpu: BenchEngine = { engine: "webgpu", threads: 1, adapter: name, software };
  if (asked === "webgpu") return { engines: [webgpu] };
  if (!software) return { engines: [wasm, webgpu] };
  const leftOut = `webgpu: the only adapter is software, ${name}; --engine webgpu measures it`;
  return { engines: [wasm], leftOut };
}

/** Opens a device of the engine. */
export function openBenchDevice(plan: Plan, { engine, threads }: BenchEngine): Promise<Device> {
  return openDevice(plan, { engine, threads });
}

/** For people: `wasm, 2 threads`. */
export function describeBenchEngine({ engine, threads, adapter }: BenchEngine): string {
  if (engine === "webgpu") return `webgpu, ${adapter}`;
  return `wasm, ${threads} ${threads === 1 ? "thread" : "threads"}`;
}
