/**
 * Cost of a launch on the wasm engine: programs of 1,000 dependent launches, each with a barrier.
 *
 *     deno run -R tests/bench/launch.ts
 */

import { createBuilder } from "../../graph/ir/build.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { makePlan } from "../../graph/plan/make_plan.ts";
import { openWasmDevice } from "../../runtime/wasm/open_wasm_device.ts";
import { axpy } from "../runtime/_test_ops.ts";

const LAUNCHES = 1000;
/** The first runs are slow: V8 has not optimised the kernels yet. */
const WARMUP = 100;
const RUNS = 200;

for (const size of [4, 1024]) {
  for (const threads of [1, 2, 4]) {
    const builder = createBuilder();
    const x = builder.input("x", tensor({ row: size }));
    let y = builder.input("y", tensor({ row: size }));
    for (let i = 0; i < LAUNCHES; i++) [y] = builder.call(axpy, [x, y]);
    const device = await openWasmDevice(makePlan({ step: builder.finish({ y }) }), { threads });
    const times: number[] = [];
    for (let run = 0; run < WARMUP + RUNS; run++) {
      const start = performance.now();
      device.run("step");
      times.push(1000 * (performance.now() - start) / LAUNCHES);
    }
    await device.close();
    const sorted = times.slice(WARMUP).sort((a, b) => a - b);
    const [least, median, p90] = [0, 0.5, 0.9].map((share) => sorted[Math.floor(share * RUNS)]);
    console.log(
      `${size} elements, ${threads} threads: ${median.toFixed(3)} us per launch ` +
        `(least ${least.toFixed(3)}, 90% ${p90.toFixed(3)}, first run ${times[0].toFixed(2)})`,
    );
  }
}
