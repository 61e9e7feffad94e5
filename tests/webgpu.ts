/** Runs kernels on a WebGPU device; for tests by `webgpuTest` and `webgpuStep`. */

import assert from "node:assert/strict";
import type { WebgpuKernel } from "../graph/ir/kernel.ts";
import { sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import type { Elements } from "../runtime/device.ts";
import { findAdapter } from "../runtime/webgpu/find_adapter.ts";
import { bindingsOf } from "../runtime/webgpu/launch_list.ts";
import { clampIndices } from "./clamp_indices.ts";

/** The device that all tests of a file share, once one needs it. */
let shared: Promise<GPUDevice> | undefined;

/** A device of the system's adapter, with the limits that every device has. */
async function openTestDevice(): Promise<GPUDevice> {
  const found = await findAdapter();
  if ("missing" in found) throw new Error(found.missing);
  return await found.adapter.requestDevice();
}

/** What a kernel is run on. */
export interface KernelRun {
  readonly kernel: WebgpuKernel;
  /** As the kernel was emitted for: inputs, then outputs. */
  readonly bindings: readonly number[];
  readonly inputs: readonly { readonly type: TensorType; readonly data: ArrayLike<number> }[];
  readonly outputs: readonly TensorType[];
}

/** Bytes of 0xff behind every tensor that nothing may write. */
const GUARD = 64;

/** Runs a kernel once and returns its outputs; see `runWebgpuKernels`. */
export async function runWebgpuKernel(run: KernelRun): Promise<Elements[]> {
  const [outputs] = await runWebgpuKernels([run]);
  return outputs;
}

/**
 * Runs kernels, all in one submission, and returns the outputs of each. Indices out of range are
 * clamped. Memory that no input fills holds 0xff bytes: NaNs as floats. Throws an Error where WGSL
 * does not compile, where the device refuses the launch, and where bytes beyond a tensor's (rounded
 * up to 16) were written.
 */
export async function runWebgpuKernels(runs: readonly KernelRun[]): Promise<Elements[][]> {
  const device = await (shared ??= openTestDevice());
  const pipelines = new Map<string, GPUComputePipeline>();
  const prepared: PreparedRun[] = [];
  device.pushErrorScope("validation");
  let scoped = true;
  try {
    for (const run of runs) prepared.push(prepareRun(device, run, pipelines));
    const encoder = device.createCommandEncoder();
    for (const { launches, buffers, staging } of prepared) {
      const pass = encoder.beginComputePass();
      for (const { pipeline, group, workgroups } of launches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...workgroups);
      }
      pass.end();
      buffers.forEach((buffer, binding) => {
        encoder.copyBufferToBuffer(buffer, 0, staging[binding], 0, buffer.size);
      });
    }
    device.queue.submit([encoder.finish()]);
    scoped = false;
    const problem = await device.popErrorScope();
    if (problem) {
      const codes = new Set(runs.flatMap(({ kernel }) => kernel.phases.map(({ code }) => code)));
      throw new Error(`${problem.message}\n${await brokenCode(device, [...codes])}`);
    }
    await Promise.all(
      prepared.flatMap(({ staging }) => staging.map((buffer) => buffer.mapAsync(GPUMapMode.READ))),
    );
    return prepared.map((run, i) => readOutputs(run, runs[i]));
  } finally {
    // The device is shared: a scope that stays open would take the errors of the next runs.
    if (scoped) await device.popErrorScope();
    for (const { buffers, staging } of prepared) {
      for (const buffer of [...buffers, ...staging]) buffer.destroy();
    }
  }
}

/** A kernel with its tensors on the device. */
interface PreparedRun {
  readonly launches: readonly {
    readonly pipeline: GPUComputePipeline;
    readonly group: GPUBindGroup;
    readonly workgroups: readonly [number, number, number];
  }[];
  readonly sizes: readonly number[];
  readonly buffers: readonly GPUBuffer[];
  readonly staging: readonly GPUBuffer[];
}

function prepareRun(
  device: GPUDevice,
  { kernel, bindings, inputs, outputs }: KernelRun,
  pipelines: Map<string, GPUComputePipeline>,
): PreparedRun {
  const types = [...inputs.map(({ type }) => type), ...outputs];
  const count = Math.max(-1, ...bindings) + 1;
  const padded = (bytes: number) => Math.max(16, Math.ceil(bytes / 16) * 16);
  const sizes = Array.from(
    { length: count },
    (_, binding) => padded(4 * sizeOf(types[bindings.indexOf(binding)])),
  );
  assert.equal(kernel.scratchBytes % 16, 0, "scratch is no multiple of 16 bytes");
  if (kernel.scratchBytes > 0) sizes.push(kernel.scratchBytes);
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const create = (usage: number) =>
    sizes.map((size) => device.createBuffer({ size: size + GUARD, usage }));
  const buffers = create(STORAGE | COPY_SRC | COPY_DST);
  buffers.forEach((buffer, binding) => {
    device.queue.writeBuffer(buffer, 0, new Uint8Array(sizes[binding] + GUARD).fill(0xff));
  });
  inputs.forEach(({ type, data }, i) => {
    device.queue.writeBuffer(buffers[bindings[i]], 0, elementsOf(type, data));
  });
  const compile = (code: string): GPUComputePipeline => {
    const known = pipelines.get(code);
    if (known) return known;
    const layout = device.createBindGroupLayout({
      entries: bindingsOf(code).map((binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: "storage" as const },
      })),
    });
    const pipeline = device.createComputePipeline({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module: device.createShaderModule({ code: clampIndices(code) }),
        entryPoint: "main",
      },
    });
    pipelines.set(code, pipeline);
    return pipeline;
  };
  return {
    launches: kernel.phases.map(({ code, workgroups }) => {
      const pipeline = compile(code);
      const entries = bindingsOf(code).map((binding) => ({
        binding,
        resource: { buffer: buffers[binding], size: sizes[binding] },
      }));
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      return { pipeline, group, workgroups };
    }),
    sizes,
    buffers,
    staging: create(MAP_READ | COPY_DST),
  };
}

/** The first code that does not compile and why, else all of it. */
async function brokenCode(device: GPUDevice, codes: readonly string[]): Promise<string> {
  for (const code of codes) {
    device.pushErrorScope("validation");
    const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
    await device.popErrorScope();
    const wrong = messages.find(({ type }) => type === "error");
    if (wrong) return `${wrong.message}\n${code}`;
  }
  return codes.join("\n");
}

function readOutputs(
  { sizes, staging }: PreparedRun,
  { bindings, inputs, outputs }: KernelRun,
): Elements[] {
  const bytes = staging.map((buffer) => new Uint8Array(buffer.getMappedRange()).slice());
  bytes.forEach((all, binding) => {
    const at = all.findIndex((byte, i) => i >= sizes[binding] && byte !== 0xff);
    if (at >= 0) throw new Error(`binding ${binding} was written at byte ${at}, behind its end`);
  });
  return outputs.map((type, o) => {
    const { buffer } = bytes[bindings[inputs.length + o]];
    if (type.dtype === "f32") return new Float32Array(buffer, 0, sizeOf(type));
    return type.dtype === "i32"
      ? new Int32Array(buffer, 0, sizeOf(type))
      : new Uint32Array(buffer, 0, sizeOf(type));
  });
}

function elementsOf(
  { dtype }: TensorType,
  data: ArrayLike<number>,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  if (dtype === "f32") return Float32Array.from(data);
  return dtype === "i32" ? Int32Array.from(data) : Uint32Array.from(data);
}
