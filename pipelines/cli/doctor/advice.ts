/** What a person may do about what a machine lacks. */

import { basename } from "node:path";
import type { MachineFacts, VulkanFacts, WebgpuFacts } from "./machine_facts.ts";

/** The second package holds drivers for AMD and Intel GPUs and one that computes on the CPU. */
const PACKAGES = "Debian, Ubuntu: apt-get install libvulkan1 mesa-vulkan-drivers; " +
  "Fedora: dnf install vulkan-loader mesa-vulkan-drivers";
const NVIDIA = "NVIDIA GPUs have theirs in NVIDIA's own driver; in a container, " +
  "NVIDIA_DRIVER_CAPABILITIES=all makes it visible";

/** Through what WebGPU computes, where that is known. */
export function backendOf({ webgpu, vulkan, os, backend }: MachineFacts): string | undefined {
  if ("missing" in webgpu) return undefined;
  if (os === "darwin") return "Metal";
  if (os === "linux" && !triesVulkan(backend)) return "OpenGL";
  if (vulkan?.devices === undefined) return undefined;
  return vulkan.devices.some(({ name }) => name === webgpu.name) ? "Vulkan" : "OpenGL";
}

/** Whether a DENO_WEBGPU_BACKEND lets WebGPU try Vulkan. */
function triesVulkan(backend: string | undefined): boolean {
  if (backend === undefined) return true;
  return backend.toLowerCase().split(",").some((name) => ["vulkan", "vk"].includes(name.trim()));
}

/** The value of a variable in a sentence. */
export function showValue(value: string): string {
  return value === "" ? "empty" : value;
}

/** What keeps every run from working, in sentences. */
export function problemsOf({ cpu, engine }: MachineFacts): string[] {
  const problems: string[] = [];
  if (cpu.worker_problem !== undefined) {
    problems.push(
      `Runs cannot start: they need Workers that share memory (${cpu.worker_problem}).`,
    );
  }
  if (engine.engine === "wasm" && !cpu.relaxed_simd) {
    problems.push(
      "Engine wasm cannot run: this processor or Deno has no WebAssembly relaxed SIMD; " +
        "--engine reference computes without, slowly.",
    );
  }
  return problems;
}

/** What to do to compute on a GPU, or on a better one; empty where nothing is amiss. */
export function adviceOf(facts: MachineFacts): string[] {
  const { webgpu, vulkan, backend, os } = facts;
  const advice: string[] = [];
  if (!("missing" in webgpu) && webgpu.trial_problem !== undefined) {
    advice.push(
      `Take --engine wasm, or update the driver: a shader that was run for trial on ${webgpu.name} ` +
        `failed (${webgpu.trial_problem}).`,
    );
  }
  if (backendOf(facts) !== "OpenGL" && isReal(webgpu)) return advice;
  if (backend !== undefined && !(os === "linux" && triesVulkan(backend))) {
    advice.push(
      `Unset DENO_WEBGPU_BACKEND: it is ${showValue(backend)}, and nothing else is tried.`,
    );
    // Before that, nothing is known of what Vulkan has to offer.
    if (vulkan !== undefined) return advice;
  }
  if (vulkan !== undefined) advice.push(vulkanAdvice(vulkan));
  else if (os === "darwin") {
    advice.push("WebGPU computes through Metal, which macOS has; a virtual machine may lack it.");
  } else if (os === "windows") {
    advice.push("Install or update the driver of the GPU: WebGPU needs Direct3D 12 or Vulkan.");
  } else advice.push(`WebGPU has no drivers on ${os} that Deno knows of.`);
  return advice;
}

function isReal(webgpu: MachineFacts["webgpu"]): webgpu is WebgpuFacts {
  return !("missing" in webgpu) && !webgpu.software;
}

function vulkanAdvice({ loader, override, drivers, devices, problem }: VulkanFacts): string {
  if (problem !== undefined) {
    return `Update or remove a Vulkan driver: asked for its devices, the loader failed (${problem}).`;
  }
  if (loader === false) {
    return "Install the Vulkan loader and a driver: libvulkan.so.1 cannot be loaded. " +
      `${PACKAGES}. ${NVIDIA}.`;
  }
  const none = drivers.length === 0 && !devices?.length;
  if (none && override !== undefined) {
    return `Unset ${override.variable}, or let it name the manifest of a driver: ` +
      `it is ${showValue(override.value)}, and there is none.`;
  }
  if (none) {
    return "Install a Vulkan driver: there is no manifest of one in the folders vulkan/icd.d. " +
      `${PACKAGES}. ${NVIDIA}.`;
  }
  const names = drivers.map((path) => basename(path)).join(", ");
  if (devices?.length === 0) {
    return `The Vulkan drivers found no device (${names}). A GPU needs its own driver, and this ` +
      `user may have to be in the groups video and render. ${NVIDIA}.`;
  }
  return "If this machine has a GPU, its Vulkan driver is missing or this user may not use it (groups " +
    `video and render). ${PACKAGES}. ${NVIDIA}.`;
}
