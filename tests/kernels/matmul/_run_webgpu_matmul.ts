import type { WebgpuKernel } from "../../../graph/ir/kernel.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { runWebgpuKernel } from "../../webgpu.ts";

/** Runs a matmul kernel on operands a and b; `bindings` as it was emitted for. */
export async function runWebgpuMatmul(
  device: GPUDevice,
  kernel: WebgpuKernel,
  [a, b]: readonly Float32Array[],
  size: number,
  bindings: readonly number[] = [0, 1, 2],
): Promise<Float32Array> {
  const inputs = [a, b].map((data) => ({ type: tensor({ size: data.length }), data }));
  const outputs = [tensor({ size })];
  const [c] = await runWebgpuKernel(device, { kernel, bindings, inputs, outputs });
  return c as Float32Array;
}
