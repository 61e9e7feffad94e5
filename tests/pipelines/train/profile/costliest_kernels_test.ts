import assert from "node:assert/strict";
import { createBuilder } from "../../../../graph/ir/build.ts";
import { tensor } from "../../../../graph/ir/tensor.ts";
import {
  costliestKernels,
  describeCosts,
} from "../../../../pipelines/train/profile/costliest_kernels.ts";
import type { DeviceSlice } from "../../../../runtime/profiler.ts";
import { axpy, total } from "../../../runtime/_test_ops.ts";

const builder = createBuilder();
const x = builder.input("x", tensor({ rows: 500_000 }));
builder.origin = { location: "a.yaml:1:1", path: "layers.0.a" };
const [one] = builder.call(axpy, [x, x]);
builder.origin = { location: "a.yaml:2:1", path: "layers.1.a" };
const [two] = builder.call(axpy, [x, one]);
builder.origin = undefined;
const [sum] = builder.call(total, [builder.input("y", tensor({ rows: 500_000, columns: 1 }))]);

function slice(more: Partial<DeviceSlice>): DeviceSlice {
  const zero = { track: 0, launch: 0, program: "step", phase: 0, phases: 1, start: 0, ms: 0 };
  return { ...zero, kind: "launch", node: undefined, ...more };
}

/** Two threads, two steps: the second thread is slower. */
const slices = [0, 10].flatMap((launch) => [
  slice({ launch, node: one.node!, ms: 1 }),
  slice({ launch, node: one.node!, track: 1, ms: 2 }),
  slice({ launch, kind: "wait", node: one.node!, ms: 1 }),
  slice({ launch: launch + 1, node: two.node!, ms: 2 }),
  slice({ launch: launch + 1, node: two.node!, track: 1, ms: 2 }),
  slice({ launch: launch + 2, node: sum.node!, phases: 2, ms: 0.5 }),
  slice({ launch: launch + 2, node: sum.node!, phase: 1, phases: 2, ms: 0.5 }),
  slice({ launch: launch + 3, ms: 0.25 }),
]);

Deno.test("costliestKernels() sums up launches of equal kernels, each as long as its slowest thread", () => {
  const { kernels, computeMs, waitMs } = costliestKernels(slices, 2);
  assert.deepEqual(kernels.map(({ ms, launches }) => [ms, launches]), [[4, 2], [1, 1], [0.25, 1]]);
  assert.equal(kernels[0].flops, 2 * 1e6);
  // One operand is given twice in the first call, and counts once.
  assert.equal(kernels[0].bytes, (2 + 3) * 2e6);
  assert.deepEqual(kernels[0].places, ["layers.0.a", "layers.1.a"]);
  assert.equal(computeMs, (1 + 2 + 2 + 2 + 1 + 0.25) / 2);
  assert.equal(waitMs, 0.5);
});

Deno.test("describeCosts() prints a table, and what is left of a step", () => {
  const host = [
    { name: "write lr", start: 0, ms: 1 },
    { name: "write tokens", start: 1, ms: 2 },
    { name: "read losses", start: 3, ms: 4 },
  ];
  const lines = describeCosts(costliestKernels(slices, 2), host, 2, 10);
  assert.deepEqual(lines, [
    "ms/step  share  GFLOP/s  GB/s  launches  kernel",
    "  4.000  40.0%      0.5   2.5         2  axpy -> f32[rows=500000], layers.0.a and 1 more",
    "  1.000  10.0%      0.5   2.0         1  total -> f32[]",
    "  0.250   2.5%        -     -         1  copy",
    "ms/step of all 3 kernels: 5.250 (52.5%), each as long as its slowest thread; " +
    "mean thread: computes 4.125 (41.3%), waits for others 0.500 (5.0%)",
    "ms/step of the host: write 1.500, read losses 2.000",
  ]);
});
