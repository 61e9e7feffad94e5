/** What a WebGPU adapter can do, tried out. */

import type { AdapterSearch } from "../../../runtime/webgpu/find_adapter.ts";
import type { WebgpuFacts } from "./machine_facts.ts";

/** Optional features that kernels can gain from. */
const FEATURES = ["shader-f16", "timestamp-query", "subgroups"] as const;
/** Limits that decide how large tensors and how kernels are tiled. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
] as const;
/** Numbers that the trial doubles. */
const COUNT = 64;

/** Tries the adapter out. */
export async function findWebgpuFacts(
  search: AdapterSearch,
): Promise<WebgpuFacts | { readonly missing: string }> {
  if ("missing" in search) return search;
  const { adapter, name, software } = search;
  const features: Record<string, boolean> = {};
  for (const feature of FEATURES) features[feature] = await offers(adapter, feature);
  const limits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  const problem = await tryShader(adapter);
  return {
    name,
    software,
    features,
    limits,
    ...(problem === undefined ? {} : { trial_problem: problem }),
  };
}

/** Whether a device can have a feature. Adapters of Deno have some that they do not list. */
async function offers(adapter: GPUAdapter, feature: GPUFeatureName): Promise<boolean> {
  if (adapter.features.has(feature)) return true;
  try {
    const device = await adapter.requestDevice({ requiredFeatures: [feature] });
    const has = device.features.has(feature);
    device.destroy();
    return has;
  } catch {
    return false;
  }
}

/** Doubles numbers by a shader; the problem if there is one. */
async function tryShader(adapter: GPUAdapter): Promise<string | undefined> {
  let device: GPUDevice | undefined;
  try {
    device = await adapter.requestDevice();
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    const doubled = await double(device);
    const error = await device.popErrorScope() ?? await device.popErrorScope();
    if (error) return error.message;
    const wrong = doubled.findIndex((value, index) => value !== 2 * index);
    return wrong < 0 ? undefined : `twice ${wrong} is ${doubled[wrong]}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    device?.destroy();
  }
}

async function double(device: GPUDevice): Promise<Float32Array> {
  const size = 4 * COUNT;
  const code = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
    @compute @workgroup_size(${COUNT}) fn main(@builtin(local_invocation_index) i: u32) {
      x[i] = 2.0 * x[i];
    }`;
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const buffer = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  device.queue.writeBuffer(buffer, 0, Float32Array.from({ length: COUNT }, (_, index) => index));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const doubled = new Float32Array(staging.getMappedRange().slice(0));
  staging.unmap();
  buffer.destroy();
  staging.destroy();
  return doubled;
}
