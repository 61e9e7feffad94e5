/** Gathers what `deno task doctor` tells about this machine. */

import { chooseEngine } from "../../compile/choose_engine.ts";
import { findCpuFacts, findWasmFacts } from "../../compile/cpu_facts.ts";
import { version } from "../../compile/versions.ts";
import { askWebgpu, DRIVERS, LOADING } from "./ask_webgpu.ts";
import { askWorker } from "./ask_worker.ts";
import { findBlas } from "./find_blas.ts";
import { findManifests } from "./find_manifests.ts";
import type { VulkanDevices } from "./list_vulkan_devices.ts";
import type { MachineFacts, ProcessorFacts, VulkanFacts, WebgpuFacts } from "./machine_facts.ts";
import { tryWorker } from "./try_worker.ts";

/**
 * Tries out what there is; takes up to a minute where something does not answer. `drivers` is the
 * Worker that asks graphics drivers, which has `deadline` milliseconds for each of its two answers.
 */
export async function findMachineFacts(
  drivers: URL = DRIVERS,
  deadline?: number,
): Promise<MachineFacts> {
  const webgpu = await askWebgpu<WebgpuFacts>("webgpu", drivers, deadline);
  const backend = Deno.env.get("DENO_WEBGPU_BACKEND");
  const memory = memoryBytes();
  const { os } = Deno.build;
  return {
    sluice: version,
    deno: Deno.version.deno,
    system: Deno.build.target,
    os,
    webgpu,
    ...(os === "linux" ? { vulkan: await findVulkan(drivers, deadline) } : {}),
    ...(backend === undefined ? {} : { backend }),
    cpu: await findProcessorFacts(),
    ...(memory === undefined ? {} : { memory }),
    blas: findBlas(),
    engine: await chooseEngine("auto", () => Promise.resolve(webgpu)),
  };
}

async function findVulkan(drivers: URL, deadline?: number): Promise<VulkanFacts> {
  const ffi = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  const asked = await askWorker<VulkanDevices>(drivers, "vulkan", { ...LOADING, ffi }, deadline);
  const found = "answer" in asked ? asked.answer : { problem: asked.problem };
  return { ...findManifests((name) => Deno.env.get(name)), ...found };
}

async function findProcessorFacts(): Promise<ProcessorFacts> {
  const wasm = findWasmFacts();
  const problem = await tryWorker();
  return {
    arch: Deno.build.arch,
    threads: navigator.hardwareConcurrency,
    simd: wasm.simd,
    relaxed_simd: wasm.relaxedSimd,
    ...(wasm.relaxedSimd ? { relaxed_madd: findCpuFacts().relaxedMadd } : {}),
    ...(problem === undefined ? {} : { worker_problem: problem }),
  };
}

function memoryBytes(): number | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  return state === "granted" ? Deno.systemMemoryInfo().total : undefined;
}
