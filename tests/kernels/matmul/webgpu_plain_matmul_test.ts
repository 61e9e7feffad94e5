import assert from "node:assert/strict";
import { simplify, transpose } from "../../../kernels/matmul/contraction.ts";
import { plainMatmul } from "../../../kernels/matmul/plain_matmul.ts";
import { webgpuPlainMatmul } from "../../../kernels/matmul/webgpu_plain_matmul.ts";
import { testDevice, WITHOUT_WEBGPU } from "../../webgpu.ts";
import { loadWasmKernel } from "../_run_wasm_kernel.ts";
import { numbers, randomLayout, randomOperands } from "./_random_contraction.ts";
import { runWebgpuMatmul } from "./_run_webgpu_matmul.ts";

const device = await testDevice();
const name = "webgpuPlainMatmul() equals plain loops for random sizes and layouts";

Deno.test({
  name: device ? name : `${name} (${WITHOUT_WEBGPU})`,
  ignore: !device,
  fn: async () => {
    assert.ok(device);
    const random = numbers(7);
    const sizes = [1, 2, 3, 4, 6];
    const several = () => Array.from({ length: random.below(3) }, () => sizes[random.below(5)]);
    for (let i = 0; i < 20; i++) {
      const layout = { batch: several(), m: several(), n: several(), k: [1 + random.below(9)] };
      const problem = randomLayout(layout, random);
      const { inputs, size } = randomOperands(problem, random);
      const wasm = loadWasmKernel(plainMatmul(problem), inputs, [size]);
      wasm.launch(1);
      for (const swapped of [false, true]) {
        const simple = swapped ? transpose(simplify(problem)) : problem;
        const kernel = webgpuPlainMatmul(simple, swapped, [0, 1, 2]);
        const found = await runWebgpuMatmul(device, kernel, inputs, size);
        assert.deepEqual(found, wasm.outputs[0], JSON.stringify({ problem, swapped }));
      }
    }
  },
});
