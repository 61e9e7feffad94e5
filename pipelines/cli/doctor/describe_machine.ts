/** The facts about a machine in plain words. */

import { basename } from "node:path";
import { describeEngine } from "../../compile/choose_engine.ts";
import { showBytes } from "../show_bytes.ts";
import { adviceOf, backendOf, problemsOf, showValue } from "./advice.ts";
import type { BlasFacts, MachineFacts, ProcessorFacts, VulkanFacts } from "./machine_facts.ts";

/** Columns of the first word of each row. */
const LABEL = 8;

/** A row per subject, then what is wrong and what to do about it. Ends with a line break. */
export function describeMachine(facts: MachineFacts): string {
  const { sluice, deno, system, vulkan, cpu, memory, blas, engine } = facts;
  const rows: [string, readonly string[]][] = [
    ["WebGPU", webgpuLines(facts)],
    ["Vulkan", vulkan === undefined ? [] : vulkanLines(vulkan)],
    ["CPU", cpuLines(cpu)],
    ["Memory", memory === undefined ? [] : [showBytes(memory)]],
    ["BLAS", [blasLine(blas)]],
    ["Runs", [`take ${describeEngine(engine, cpu.threads)}`]],
  ];
  const lines = rows.flatMap(([label, text]) =>
    text.map((line, index) => (index === 0 ? label : "").padEnd(LABEL) + line)
  );
  const notes = [...problemsOf(facts), ...adviceOf(facts)];
  const rest = notes.length === 0 ? [] : ["", ...notes.map((note) => `- ${note}`)];
  return [`Sluice ${sluice}, Deno ${deno}, ${system}`, "", ...lines, ...rest, ""].join("\n");
}

function webgpuLines(facts: MachineFacts): string[] {
  const { webgpu, backend } = facts;
  const only = backend === undefined ? "" : ` (DENO_WEBGPU_BACKEND is ${showValue(backend)})`;
  if ("missing" in webgpu) return [webgpu.missing + only];
  const { name, software, features, limits, trial_problem } = webgpu;
  const through = backendOf(facts);
  const kind = software ? "a software adapter, it computes on the CPU" : "a GPU";
  const named = (word: string, there: boolean) => {
    const names = Object.keys(features).filter((feature) => features[feature] === there);
    return names.length === 0 ? [] : [`${word} ${names.join(", ")}`];
  };
  return [
    `${name}: ${kind}${through === undefined ? "" : `, through ${through}`}${only}`,
    [...named("has", true), ...named("lacks", false)].join("; "),
    `buffers of up to ${showBytes(limits.maxBufferSize)}, a shader sees ` +
    `${limits.maxStorageBuffersPerShaderStage} with up to ` +
    `${showBytes(limits.maxStorageBufferBindingSize)} of each`,
    `workgroups of up to ${limits.maxComputeInvocationsPerWorkgroup} invocations with ` +
    `${showBytes(limits.maxComputeWorkgroupStorageSize)}`,
    trial_problem === undefined
      ? "a shader that was run for trial computed what it should"
      : `a shader that was run for trial failed: ${trial_problem}`,
  ];
}

function vulkanLines(facts: VulkanFacts): string[] {
  const { loader, override, drivers, devices, problem } = facts;
  const is = loader === undefined ? "was not tried" : loader ? "is there" : "cannot be loaded";
  const names = drivers.map((path) => basename(path));
  const where = override === undefined
    ? ""
    : ` (${override.variable} is ${showValue(override.value)})`;
  const none = devices?.length ? "none in the usual folders" : "none";
  const lines = [
    `the loader libvulkan.so.1 ${is}`,
    `drivers: ${names.length > 0 ? names.join(", ") : none}${where}`,
  ];
  if (problem !== undefined) return [...lines, `devices: ${problem}`];
  if (devices === undefined) return lines;
  const shown = devices.map(({ name, type }) => `${name} (${type})`);
  return [...lines, `devices: ${shown.length === 0 ? "none" : shown.join(", ")}`];
}

function cpuLines(
  { arch, threads, simd, relaxed_simd, relaxed_madd, worker_problem }: ProcessorFacts,
): string[] {
  const relaxed = !relaxed_simd
    ? "no relaxed SIMD"
    : `relaxed SIMD, whose multiply-add is ${
      relaxed_madd === "fused" ? "rounded once" : "rounded twice"
    }`;
  return [
    `${arch}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    `WebAssembly has ${simd ? "SIMD" : "no SIMD"} and ${relaxed}`,
    worker_problem === undefined
      ? "Workers start and share memory"
      : `Workers do not work: ${worker_problem}`,
  ];
}

function blasLine(blas: readonly BlasFacts[]): string {
  if (blas.length === 0) return "none was found; this version computes without";
  const names = blas.map(({ library, loads }) =>
    loads === undefined
      ? `${library} (not tried)`
      : loads
      ? library
      : `${library} (without a cblas_sgemm that can be called)`
  );
  return `${names.join(", ")}; this version computes without`;
}
