/**
 * Speed of kernel programs on WebGPU over a million elements. Arguments are parts of the names of
 * cases:
 *
 *     deno run -R -E tests/bench/webgpu_loops.ts softmax
 */

import { sizeOf } from "../../graph/ir/tensor.ts";
import { loopKernel } from "../../kernels/lang/loop_kernel.ts";
import { callOfCase } from "../kernels/lang/_run_program.ts";
import { LOOP_CASES, LOOP_ELEMENTS, operandsFor } from "./_loop_cases.ts";
import { benchDevice, timePhases } from "./webgpu_time.ts";

const { device, name } = await benchDevice();
console.log(name);
const wanted = Object.entries(LOOP_CASES)
  .filter(([key]) => Deno.args.length === 0 || Deno.args.some((part) => key.includes(part)));
for (const [key, example] of wanted) {
  const call = callOfCase(example);
  const sizes = [...call.inputs, ...call.outputs].map((type) => 4 * sizeOf(type));
  const kernel = loopKernel(call, ...example.programs).webgpu(sizes.map((_, i) => i));
  const memories = kernel.scratchBytes > 0 ? [...sizes, kernel.scratchBytes] : sizes;
  const seconds = await timePhases(device, kernel.phases, memories, operandsFor(call));
  const elements = (LOOP_ELEMENTS / seconds / 1e9).toFixed(2).padStart(6);
  const bandwidth = (sizes.reduce((a, b) => a + b, 0) / seconds / 1e9).toFixed(1).padStart(6);
  console.log(`${key.padEnd(28)}${elements} G elements/s ${bandwidth} GB/s`);
}
device.destroy();
