/** The WebGPU device of tests: there is one, or its tests are left out. */

import type { WebgpuKernel } from "../graph/ir/kernel.ts";
import { sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import type { Elements } from "../runtime/device.ts";

/** The adapter's device; undefined where the machine has none. */
let device: Promise<GPUDevice | undefined> | undefined;

/**
 * The device that all tests of a file share. Without an adapter it is undefined, unless the variable
 * SLUICE_REQUIRE_WEBGPU is set: then that is an error.
 */
export function testDevice(): Promise<GPUDevice | undefined> {
  return device ??= openTestDevice();
}

async function openTestDevice(): Promise<GPUDevice | undefined> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (adapter) return await adapter.requestDevice();
  if (Deno.env.get("SLUICE_REQUIRE_WEBGPU")) {
    throw new Error("SLUICE_REQUIRE_WEBGPU is set and there is no WebGPU adapter");
  }
  return undefined;
}

/** How tests say that they are left out. */
export const WITHOUT_WEBGPU = "left out: this machine has no WebGPU adapter";

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

/**
 * Runs a kernel once and returns its outputs. Memory that no input fills holds 0xff bytes: NaNs as
 * floats. Throws an Error where WGSL does not compile, where the device refuses the launch, and where
 * bytes beyond a tensor's (rounded up to 16) were written.
 */
export async function runWebgpuKernel(
  device: GPUDevice,
  { kernel, bindings, inputs, outputs }: KernelRun,
): Promise<Elements[]> {
  const types = [...inputs.map(({ type }) => type), ...outputs];
  const count = Math.max(-1, ...bindings) + 1;
  const padded = (bytes: number) => Math.max(16, Math.ceil(bytes / 16) * 16);
  const sizes = Array.from(
    { length: count },
    (_, binding) => padded(4 * sizeOf(types[bindings.indexOf(binding)])),
  );
  if (kernel.scratchBytes > 0) sizes.push(padded(kernel.scratchBytes));
  device.pushErrorScope("validation");
  const buffers = sizes.map((size) =>
    device.createBuffer({
      size: size + GUARD,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    })
  );
  const staging = sizes.map((size) =>
    device.createBuffer({
      size: size + GUARD,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    })
  );
  try {
    buffers.forEach((buffer, binding) => {
      device.queue.writeBuffer(buffer, 0, new Uint8Array(sizes[binding] + GUARD).fill(0xff));
    });
    inputs.forEach(({ type, data }, i) => {
      device.queue.writeBuffer(buffers[bindings[i]], 0, elementsOf(type, data));
    });
    const layout = device.createBindGroupLayout({
      entries: sizes.map((_, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: "storage" as const },
      })),
    });
    const group = device.createBindGroup({
      layout,
      entries: sizes.map((size, binding) => ({
        binding,
        resource: { buffer: buffers[binding], size },
      })),
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { code, workgroups } of kernel.phases) {
      const module = device.createShaderModule({ code });
      const { messages } = await module.getCompilationInfo();
      const wrong = messages.find(({ type }) => type === "error");
      if (wrong) throw new Error(`${wrong.message}\n${code}`);
      const pipeline = device.createComputePipeline({
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main" },
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    buffers.forEach((buffer, binding) => {
      encoder.copyBufferToBuffer(buffer, 0, staging[binding], 0, sizes[binding] + GUARD);
    });
    device.queue.submit([encoder.finish()]);
    const problem = await device.popErrorScope();
    if (problem) {
      throw new Error(`${problem.message}\n${kernel.phases.map(({ code }) => code).join("\n")}`);
    }
    await Promise.all(staging.map((buffer) => buffer.mapAsync(GPUMapMode.READ)));
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
  } finally {
    for (const buffer of [...buffers, ...staging]) buffer.destroy();
  }
}

function elementsOf(
  { dtype }: TensorType,
  data: ArrayLike<number>,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  if (dtype === "f32") return Float32Array.from(data);
  return dtype === "i32" ? Int32Array.from(data) : Uint32Array.from(data);
}
