/** The Worker that `trainFresh()` starts: times a training from the text of a pipeline on. */

import { messageOf } from "../../../runtime/system_reason.ts";
import { openBenchDevice } from "./bench_engine.ts";
import { openBenchTraining, planBenchTraining } from "./bench_training.ts";
import type { FreshResult, FreshStart } from "./fresh_training.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<FreshStart>) => void;
  postMessage(message: FreshResult): void;
};

async function train({ model, engine, steps }: FreshStart): Promise<FreshResult> {
  const start = performance.now();
  const planned = planBenchTraining(model);
  const planMs = performance.now() - start;
  const device = await openBenchDevice(planned.plan, engine);
  try {
    const { step } = await openBenchTraining(planned, device);
    await step(1)();
    const firstStepMs = performance.now() - start;
    let residentBytes = Deno.memoryUsage().rss;
    for (let taken = 2; taken <= steps; taken++) {
      await step(taken)();
      residentBytes = Math.max(residentBytes, Deno.memoryUsage().rss);
    }
    return { planMs, firstStepMs, planBytes: planned.plan.bytes, residentBytes };
  } finally {
    await device.close();
  }
}

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage(await train(data));
  } catch (error) {
    const nothing = { planMs: 0, firstStepMs: 0, planBytes: 0, residentBytes: 0 };
    scope.postMessage({ ...nothing, error: messageOf(error) });
  }
};
