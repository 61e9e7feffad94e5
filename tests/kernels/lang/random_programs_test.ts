import { sizeOf } from "../../../graph/ir/tensor.ts";
import { createRandom } from "../../../pipelines/compile/random.ts";
import { assertNear } from "../../near.ts";
import { interpretProgram } from "./_interpret_program.ts";
import { randomProgram } from "./_random_program.ts";
import { callOfCase, testOnEngines } from "./_run_program.ts";

testOnEngines("loopKernel() agrees with the interpreter on random programs", async (test) => {
  const seeds = Array.from({ length: test.engine === "wasm" ? 200 : 40 }, (_, seed) => seed);
  await Promise.all(seeds.map(async (seed) => {
    const example = randomProgram(seed);
    const call = callOfCase(example);
    const random = createRandom(seed);
    const data = call.inputs.map((type) =>
      Float64Array.from({ length: sizeOf(type) }, () => Math.fround(4 * random.uniform() - 2))
    );
    const expected = interpretProgram(call, example.programs[0], data);
    (await test.run(example, data)).forEach((result, i) => {
      assertNear(result, expected[i], 1e-4, `${example.outputs[i]} of seed ${seed}`);
    });
  }));
});
