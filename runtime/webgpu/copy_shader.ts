/**
 * The one shader the webgpu engine has of its own: it copies a tensor. WebGPU's own copies cannot
 * have source and target in one buffer, and interrupt a compute pass.
 */

import { type WebgpuPhase, workgroupGrid } from "../../graph/ir/kernel.ts";

/** Bytes that one thread copies; tensors own the memory up to the next multiple. */
export const COPY_UNIT_BYTES = 16;

const THREADS = 64;

const CODE = `@group(0) @binding(0) var<storage, read_write> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4<u32>>;

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let at = (group.y * groups.x + group.x) * ${THREADS}u + thread;
  if (at < arrayLength(&source)) { target_[at] = source[at]; }
}
`;

/** Copies `bytes` (a multiple of 16) from binding 0 to binding 1. */
export function copyShader(bytes: number): WebgpuPhase {
  const groups = Math.ceil(bytes / (COPY_UNIT_BYTES * THREADS));
  return { code: CODE, workgroups: workgroupGrid(groups), iterations: 0 };
}
