import { sizeOf } from "../../../graph/ir/tensor.ts";
import { createRandom } from "../../../pipelines/compile/random.ts";
import { assertNear } from "../../near.ts";
import { interpretProgram } from "./_interpret_program.ts";
import { randomProgram } from "./_random_program.ts";
import { callOfCase, runProgram } from "./_run_program.ts";

Deno.test("loopKernel() agrees with the interpreter on random programs", () => {
  for (let seed = 0; seed < 200; seed++) {
    const example = randomProgram(seed);
    const call = callOfCase(example);
    const random = createRandom(seed);
    const data = call.inputs.map((type) =>
      Float64Array.from({ length: sizeOf(type) }, () => Math.fround(4 * random.uniform() - 2))
    );
    const expected = interpretProgram(call, example.programs[0], data);
    runProgram(example, data).forEach((result, i) => {
      assertNear(result, expected[i], 1e-4, `${example.outputs[i]} of seed ${seed}`);
    });
  }
});
