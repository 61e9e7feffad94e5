/**
 * Time of a whole training step (forward, backward, clipping, AdamW) of nanoGPT's CPU model:
 *
 *     deno run -R -E --v8-flags=--no-liftoff,--no-wasm-lazy-compilation tests/bench/step.ts [STEPS] [THREADS]
 *     deno run -R -E tests/bench/step.ts [STEPS] webgpu
 *
 * On webgpu the times are those of ten steps with one wait, by step, and `encode_ms_median` is what
 * the host takes to encode and submit one.
 *
 * `step.py` beside it times the same step in PyTorch; on a shared machine, let them take turns.
 */

import { makePlan } from "../../graph/plan/make_plan.ts";
import type { Device, Snapshot } from "../../runtime/device.ts";
import { openDevice } from "../../runtime/open_device.ts";
import { openWebgpuDevice } from "../../runtime/webgpu/open_webgpu_device.ts";
import { updateProgram } from "../../pipelines/model/update_program.ts";
import { compileModel } from "../../pipelines/model/compile_model.ts";
import { initialValue } from "../../pipelines/model/initial_values.ts";
import { stepProgram } from "../../pipelines/model/step_program.ts";
import { modelSource } from "../pipelines/model/_model_source.ts";

const steps = Number(Deno.args[0] ?? 100);
const engine = Deno.args[1] === "webgpu" ? "webgpu" : "wasm";
const threads = engine === "webgpu" ? 1 : Number(Deno.args[1] ?? 2);
const [batch, seq, vocab, warmup] = [12, 64, 65, 20];
const model = compileModel(
  modelSource(`
models:
  nanogpt:
    use: gpt2
    dims: {layers: 4, embed: 128, heads: 4, head_dim: 32, mlp: 512, vocab: ${vocab}}
    bias: false`),
  "nanogpt",
  { seq, vocab },
);
const optimizer = {
  kind: "adamw",
  betas: [0.9, 0.99],
  eps: 1e-8,
  weight_decay: 0.1,
  decay: "matrices",
} as const;
const plan = makePlan({
  step: stepProgram(model, { batch, accumulate: 1, z_loss: 0 }),
  update: updateProgram(model, { optimizer, clip: 1 }),
});
const webgpu = engine === "webgpu" ? await openWebgpuDevice(plan) : undefined;
const device: Device = webgpu ?? await openDevice(plan, { engine, threads });
for (const parameter of model.parameters) {
  device.write(`param/${parameter.name}`, initialValue(parameter, 1));
}
const tokens = Int32Array.from({ length: batch * seq }, (_, i) => (i * 7919) % vocab);

function takeStep(step: number): Snapshot {
  device.write("tokens", tokens);
  device.write("targets", tokens);
  device.run("step");
  device.write("lr", [1e-3]);
  device.write("correction1", [1 - 0.9 ** step]);
  device.write("correction2", [1 - 0.99 ** step]);
  device.run("update");
  return device.snapshot(["loss"]);
}

/** Steps between two waits. */
const together = engine === "webgpu" ? 10 : 1;
const times: number[] = [];
const encoding: number[] = [];
let before = { ...webgpu?.counters };
for (let step = 1; step <= warmup + steps; step += together) {
  if (step === warmup + 1) before = { ...webgpu?.counters };
  const start = performance.now();
  const open: Snapshot[] = [];
  for (let i = 0; i < together; i++) open.push(takeStep(step + i));
  const encoded = performance.now();
  await Promise.all(open.map((snapshot) => snapshot.elements()));
  if (step <= warmup) continue;
  times.push((performance.now() - start) / together);
  encoding.push((encoded - start) / together);
}
const after = webgpu?.counters;
await device.close();

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
const ms = median(times);
const taken = times.length * together;
console.log(JSON.stringify({
  bench: "step",
  engine,
  device: device.name,
  ms_median: Number(ms.toFixed(2)),
  ms_min: Number(Math.min(...times).toFixed(2)),
  tokens_per_s: Math.round(1000 * batch * seq / ms),
  ...(after === undefined ? {} : {
    encode_ms_median: Number(median(encoding).toFixed(2)),
    launches: (after.launches - before.launches!) / taken,
    submissions: (after.submissions - before.submissions!) / taken,
  }),
}));
