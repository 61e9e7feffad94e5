/** Gathers what `deno task doctor` tells about this machine. */

import { findAdapter } from "../../../runtime/webgpu/find_adapter.ts";
import { chooseEngine } from "../../compile/choose_engine.ts";
import { findCpuFacts, findWasmFacts } from "../../compile/cpu_facts.ts";
import { version } from "../../compile/versions.ts";
import { findBlas } from "./find_blas.ts";
import { findVulkanFacts } from "./find_vulkan_facts.ts";
import { findWebgpuFacts } from "./find_webgpu_facts.ts";
import type { MachineFacts, ProcessorFacts } from "./machine_facts.ts";
import { tryWorker } from "./try_worker.ts";

/** Tries out what there is; takes up to some seconds where something does not answer. */
export async function findMachineFacts(): Promise<MachineFacts> {
  const search = await findAdapter();
  const backend = Deno.env.get("DENO_WEBGPU_BACKEND");
  const memory = memoryBytes();
  const { os } = Deno.build;
  return {
    sluice: version,
    deno: Deno.version.deno,
    system: Deno.build.target,
    os,
    webgpu: await findWebgpuFacts(search),
    ...(os === "linux" ? { vulkan: findVulkanFacts((name) => Deno.env.get(name)) } : {}),
    ...(backend === undefined ? {} : { backend }),
    cpu: await findProcessorFacts(),
    ...(memory === undefined ? {} : { memory }),
    blas: findBlas(),
    engine: await chooseEngine("auto", () => Promise.resolve(search)),
  };
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
