/** What `deno task doctor` finds out about a machine: plain data, printed as it is by `--json`. */

import type { EngineChoice } from "../../compile/choose_engine.ts";

/** A machine, as far as it matters to runs. */
export interface MachineFacts {
  /** Version of Sluice. */
  readonly sluice: string;
  /** Version of Deno. */
  readonly deno: string;
  /** Processor, vendor and system: `x86_64-unknown-linux-gnu`. */
  readonly system: string;
  readonly os: typeof Deno.build.os;
  readonly webgpu: WebgpuFacts | { readonly missing: string };
  /** On Linux, where WebGPU computes by way of Vulkan. */
  readonly vulkan?: VulkanFacts;
  /**
   * The value of DENO_WEBGPU_BACKEND, which restricts what WebGPU may use; absent if it is not set.
   */
  readonly backend?: string;
  readonly cpu: ProcessorFacts;
  /** Bytes of main memory; absent where asking for it is not allowed. */
  readonly memory?: number;
  /** Native libraries for matrix products. */
  readonly blas: readonly BlasFacts[];
  /** What `--engine auto` takes for a pipeline with a model. */
  readonly engine: EngineChoice;
}

/** A WebGPU adapter. */
export interface WebgpuFacts {
  readonly name: string;
  /** True if it computes on the CPU. */
  readonly software: boolean;
  /** Optional features, and whether a device can have them. */
  readonly features: Readonly<Record<string, boolean>>;
  /** In bytes or counts, by the names of WebGPU. */
  readonly limits: Readonly<Record<string, number>>;
  /** What went wrong when a shader was run for trial; absent if its results were right. */
  readonly trial_problem?: string;
}

/** The Vulkan loader and its drivers. */
export interface VulkanFacts {
  /** Whether libvulkan.so.1 can be loaded; undefined where trying it is not allowed. */
  readonly loader?: boolean;
  /** The variable that tells the loader where to look instead of in the folders of the system. */
  readonly override?: { readonly variable: string; readonly value: string };
  /** Manifests of drivers that the loader finds, absolute. */
  readonly drivers: readonly string[];
  /** What the drivers offer; undefined where trying it is not allowed. */
  readonly devices?: readonly VulkanDevice[];
  /** Why the loader gave no answer; absent if it gave one. */
  readonly problem?: string;
}

/** A device of a Vulkan driver. */
export interface VulkanDevice {
  readonly name: string;
  readonly type: "other" | "integrated GPU" | "GPU" | "virtual GPU" | "CPU";
}

/** The processor. */
export interface ProcessorFacts {
  readonly arch: string;
  /** Cores that the system offers. */
  readonly threads: number;
  /** Whether WebAssembly's 128-bit vectors are there, and their relaxed multiply-add. */
  readonly simd: boolean;
  readonly relaxed_simd: boolean;
  /** How the relaxed multiply-add rounds; absent where there is none. */
  readonly relaxed_madd?: "fused" | "separate";
  /** Why Workers that share memory cannot be used; absent if they can. */
  readonly worker_problem?: string;
}

/** A native library for matrix products. */
export interface BlasFacts {
  /** Its path or, where the system knows it by name, its name. */
  readonly library: string;
  /** Whether it loads and has cblas_sgemm; undefined where trying it is not allowed. */
  readonly loads?: boolean;
}
