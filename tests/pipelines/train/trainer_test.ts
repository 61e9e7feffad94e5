import assert from "node:assert/strict";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { webgpuTest } from "../../webgpu_engine.ts";
import { openSmallTraining } from "./_small_training.ts";

for (const accumulate of [1, 2]) {
  webgpuTest(
    `createTrainer() submits a step of ${accumulate} parts once, and reads nothing in it`,
    async () => {
      const dims = "layers: 1, embed: 16, heads: 2, kv_heads: 1, head_dim: 8, mlp: 32";
      const { device, step } = await openSmallTraining(
        dims,
        accumulate,
        (plan) => openWebgpuDevice(plan),
      );
      const { counters } = device;
      const first = await step(1)();
      const { submissions, launches, readbacks, ...made } = counters;
      const STEPS = 10;
      const steps = Array.from({ length: STEPS }, (_, i) => step(i + 2));
      assert.equal(counters.submissions, submissions + STEPS);
      assert.equal(counters.readbacks, readbacks);
      assert.equal((counters.launches - launches) % STEPS, 0);
      const results = await Promise.all(steps.map((read) => read()));
      assert.equal(counters.readbacks, readbacks + 1);
      const { buffers, bindGroups, pipelines } = counters;
      assert.deepEqual({ buffers, bindGroups, pipelines }, made);
      assert.ok(results.every(({ loss }) => loss > 0 && loss < first.loss + 1), `${first.loss}`);
      await device.close();
    },
  );
}
