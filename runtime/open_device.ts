/** Opens a device of the engine that a run has chosen. */

import type { Plan } from "../graph/plan/plan.ts";
import type { Device, WaitListener } from "./device.ts";
import { missingProfiler } from "./profiler.ts";
import { openReferenceDevice } from "./reference/open_reference_device.ts";
import { openWasmDevice } from "./wasm/open_wasm_device.ts";
import { openWebgpuDevice } from "./webgpu/open_webgpu_device.ts";

/** An engine, and how many threads split each launch where it has threads. */
export interface EngineOptions {
  readonly engine: "webgpu" | "wasm" | "reference";
  readonly threads: number;
  /** Is told before an engine blocks its thread to wait for a device that may hang. */
  readonly onWait?: WaitListener;
  /** Opens a device that has a profiler. Without, nothing is prepared for it. */
  readonly profile?: boolean;
}

/** Loads a plan on the engine. Close the device when done. */
export async function openDevice(plan: Plan, options: EngineOptions): Promise<Device> {
  const { engine, threads, onWait, profile = false } = options;
  switch (engine) {
    case "webgpu":
      return await openWebgpuDevice(plan, { onWait, profile });
    case "wasm":
      return await openWasmDevice(plan, { threads, profile });
    case "reference":
      return {
        ...openReferenceDevice(plan),
        ...(profile ? { profiler: missingProfiler("engine reference measures no launches") } : {}),
      };
  }
}
