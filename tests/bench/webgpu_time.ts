/** How long a WebGPU kernel takes. */

import type { WebgpuPhase } from "../../graph/ir/kernel.ts";

/** A device with all that its adapter allows; errors that nobody asked for are printed. */
export async function benchDevice(): Promise<{ device: GPUDevice; name: string }> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("Cannot measure WebGPU: there is no adapter");
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } =
    adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
  });
  device.addEventListener("uncapturederror", (event) => {
    console.error((event as GPUUncapturedErrorEvent).error.message);
  });
  return { device, name: adapter.info.description || adapter.info.vendor };
}

/**
 * Seconds of one run of all phases on bindings of these sizes in bytes, best of three rounds. The
 * first bindings get `data`; the others are zeros.
 */
export async function timePhases(
  device: GPUDevice,
  phases: readonly Omit<WebgpuPhase, "iterations">[],
  bindings: readonly number[],
  data: readonly Float32Array<ArrayBuffer>[] = [],
): Promise<number> {
  const buffers = bindings.map((bytes) =>
    device.createBuffer({
      size: 16 * Math.ceil(bytes / 16),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    })
  );
  data.forEach((values, i) => device.queue.writeBuffer(buffers[i], 0, values));
  const layout = device.createBindGroupLayout({
    entries: buffers.map((_, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: "storage" as const },
    })),
  });
  const group = device.createBindGroup({
    layout,
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const pipelines = phases.map(({ code }) =>
    device.createComputePipeline({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
    })
  );
  const run = async (times: number) => {
    const before = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setBindGroup(0, group);
    for (let i = 0; i < times; i++) {
      phases.forEach(({ workgroups }, phase) => {
        pass.setPipeline(pipelines[phase]);
        pass.dispatchWorkgroups(...workgroups);
      });
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - before) / 1000;
  };
  await run(1);
  // Waiting takes about 10 ms by itself, so a round must be long beside that.
  let times = 1;
  let best = Infinity;
  for (let round = 0; round < 3;) {
    const seconds = await run(times);
    if (seconds < 0.15 && times < 8192) times *= Math.ceil(Math.max(2, 0.2 / seconds));
    else {
      best = Math.min(best, seconds / times);
      round++;
      if (seconds > 2) break;
    }
  }
  for (const buffer of buffers) buffer.destroy();
  return best;
}
