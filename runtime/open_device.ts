/** Opens a device of the engine that a run has chosen. */

import type { Plan } from "../graph/plan/plan.ts";
import type { Device } from "./device.ts";
import { openReferenceDevice } from "./reference/open_reference_device.ts";
import { openWasmDevice } from "./wasm/open_wasm_device.ts";

/** An engine, and how many threads split each launch where it has threads. */
export interface EngineOptions {
  readonly engine: "webgpu" | "wasm" | "reference";
  readonly threads: number;
}

/** Loads a plan on the engine. Close the device when done. */
export async function openDevice(plan: Plan, options: EngineOptions): Promise<Device> {
  if (options.engine === "webgpu") {
    throw new Error("Cannot open a device of webgpu: this version computes on the CPU, use wasm");
  }
  if (options.engine === "reference") return openReferenceDevice(plan);
  return await openWasmDevice(plan, { threads: options.threads });
}
