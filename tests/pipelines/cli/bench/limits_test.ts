import assert from "node:assert/strict";
import { figuresOf, limitGraphs } from "../../../../pipelines/cli/bench/limits.ts";
import { flops } from "../../../../pipelines/model/describe_model.ts";

Deno.test("figuresOf() compares each sample with the limits of its own turn", () => {
  // The machine is half as fast in the second turn, and in the third for the limits alone.
  const compared = {
    ms: [10, 20, 10],
    queuing: [10, 20, 10],
    limits: { flops: [2e9, 1e9, 1e9], bandwidth: [4e9, 2e9, 2e9] },
  };
  assert.deepEqual(figuresOf(compared, 1e7, 4e6), {
    ms_median: 10,
    ms_min: 10,
    gflops_per_s: 1,
    fraction_of_peak: 0.5,
    fraction_of_bandwidth: 0.1,
  });
});

Deno.test("limitGraphs() gives GPUs enough to do, and CPUs no more than they can", () => {
  const operations = (engine: "wasm" | "webgpu", software: boolean) =>
    flops(limitGraphs({ engine, software, threads: 1 }).multiply_adds);
  assert.equal(operations("wasm", false), 2 * 64 * 768 * 2048);
  assert.equal(operations("webgpu", true), 2 * 64 * 768 * 2048);
  assert.equal(operations("webgpu", false), 2 * 4096 * 768 * 4096);
});
