/** Makes the buffers of a device, or says that its memory does not suffice. */

import { oneLine } from "./faults.ts";

/** A buffer to be made. */
export interface BufferRequest {
  readonly bytes: number;
  readonly usage: GPUBufferUsageFlags;
}

/**
 * Makes buffers, all or none. Throws an Error that starts with what was asked for where the device
 * has not so much memory.
 */
export async function allocate(
  device: GPUDevice,
  requests: readonly BufferRequest[],
): Promise<GPUBuffer[]> {
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  const buffers: GPUBuffer[] = [];
  let thrown: unknown;
  try {
    for (const { bytes, usage } of requests) {
      buffers.push(device.createBuffer({ size: bytes, usage }));
    }
  } catch (error) {
    thrown = error;
  }
  const scopes = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  const problem = scopes[0] ?? scopes[1] ?? thrown;
  if (!problem) return buffers;
  for (const buffer of buffers) buffer.destroy();
  const total = requests.reduce((sum, { bytes }) => sum + bytes, 0);
  const detail = (problem as { readonly message?: string }).message ?? "";
  throw new Error(
    `${total} bytes in ${requests.length} buffers are more than the device gives` +
      (detail === "" ? "" : ` (${oneLine(detail)})`),
  );
}
