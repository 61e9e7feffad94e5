/**
 * A training of 2,000 steps in a process of its own: prints its resident memory in MiB over the
 * first and over the last tenth of the steps.
 *
 *     deno run --v8-flags=--expose-gc -R -E tests/slow/_memory_run.ts wasm|webgpu
 */

import type { ReadStep } from "../../pipelines/train/trainer.ts";
import { openDevice } from "../../runtime/open_device.ts";
import { openSmallTraining } from "../pipelines/train/_small_training.ts";

const STEPS = 2000;
const DIMS = "layers: 2, embed: 64, heads: 4, kv_heads: 2, head_dim: 16, mlp: 192";

const engine = Deno.args[0] === "webgpu" ? "webgpu" : "wasm";
const { device, step } = await openSmallTraining(
  DIMS,
  1,
  (plan) => openDevice(plan, { engine, threads: 1 }),
);
// What compiling has left behind goes first.
(globalThis as unknown as { gc(): void }).gc();
const memory: number[] = [];
let open: ReadStep[] = [];
for (let at = 1; at <= STEPS; at++) {
  open.push(step(at));
  if (at % 10 === 0) {
    for (const { loss } of await Promise.all(open.map((read) => read()))) {
      if (!(loss < 10)) throw new Error(`the loss is ${loss}`);
    }
    open = [];
  }
  memory.push(Deno.memoryUsage().rss / 2 ** 20);
}
await device.close();
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const tenth = STEPS / 10;
console.log(JSON.stringify([mean(memory.slice(0, tenth)), mean(memory.slice(-tenth))]));
