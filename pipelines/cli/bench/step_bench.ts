/** Bench `step`: whole training steps, with clipping and AdamW. */

import type { ReadStep } from "../../train/trainer.ts";
import { describeModel } from "../../model/describe_model.ts";
import type { Bench } from "./bench.ts";
import { openBenchDevice } from "./bench_engine.ts";
import { benchModels, openBenchTraining, planBenchTraining } from "./bench_training.ts";
import { compareWithLimits, figuresOf, limitGraphs } from "./limits.ts";
import { bytesMoved } from "./measure_graph.ts";
import { median } from "./stopwatch.ts";

/** Steps whose results are read together, at most. */
const TOGETHER = 10;

/** Measures steps as the train stage takes them; operations are counted as `plan` counts them. */
export const stepBench: Bench = {
  shapes: benchModels,
  async measure(shape, engine) {
    const planned = planBenchTraining(shape, limitGraphs(engine));
    const device = await openBenchDevice(planned.plan, engine);
    try {
      const { step, tokensPerStep } = await openBenchTraining(planned, device);
      let taken = 0;
      const open: ReadStep[] = [];
      const compared = await compareWithLimits(device, engine, {
        run: () => void open.push(step(++taken)),
        settle: () => Promise.all(open.splice(0).map((read) => read())),
        together: TOGETHER,
      });
      const operations = describeModel(planned.model).flops_per_token * tokensPerStep;
      const { programs } = planned.plan;
      return {
        figures: {
          ...figuresOf(compared, operations, bytesMoved(planned.plan, ["step", "update"])),
          tokens_per_s: 1000 * tokensPerStep / median(compared.ms),
          ...(engine.engine === "webgpu" ? { host_ms_median: median(compared.queuing) } : {}),
          launches: programs.get("step")!.launches.length + programs.get("update")!.launches.length,
        },
        limits: compared.limits,
      };
    } finally {
      await device.close();
    }
  },
};
