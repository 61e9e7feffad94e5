/**
 * Time of a whole training step (forward, backward, clipping, AdamW) of nanoGPT's CPU model:
 *
 *     deno run -R -E --v8-flags=--no-liftoff,--no-wasm-lazy-compilation tests/bench/step.ts [STEPS] [THREADS]
 *
 * `step.py` beside it times the same step in PyTorch; on a shared machine, let them take turns.
 */

import { makePlan } from "../../graph/plan/make_plan.ts";
import { openDevice } from "../../runtime/open_device.ts";
import { updateProgram } from "../../pipelines/model/update_program.ts";
import { compileModel } from "../../pipelines/model/compile_model.ts";
import { initialValue } from "../../pipelines/model/initial_values.ts";
import { stepProgram } from "../../pipelines/model/step_program.ts";
import { modelSource } from "../pipelines/model/_model_source.ts";

const [steps, threads] = [Number(Deno.args[0] ?? 100), Number(Deno.args[1] ?? 2)];
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
const device = await openDevice(
  makePlan({
    step: stepProgram(model, { batch, accumulate: 1, z_loss: 0 }),
    update: updateProgram(model, { optimizer, clip: 1 }),
  }),
  { engine: "wasm", threads },
);
for (const parameter of model.parameters) {
  device.write(`param/${parameter.name}`, initialValue(parameter, 1));
}
const tokens = Int32Array.from({ length: batch * seq }, (_, i) => (i * 7919) % vocab);
const times: number[] = [];
for (let step = 1; step <= warmup + steps; step++) {
  const start = performance.now();
  device.write("tokens", tokens);
  device.write("targets", tokens);
  device.run("step");
  device.write("lr", [1e-3]);
  device.write("correction1", [1 - 0.9 ** step]);
  device.write("correction2", [1 - 0.99 ** step]);
  device.run("update");
  if (step > warmup) times.push(performance.now() - start);
}
await device.close();
times.sort((a, b) => a - b);
const median = times[times.length >> 1];
console.log(JSON.stringify({
  bench: "step",
  engine: "wasm",
  threads,
  ms_median: Number(median.toFixed(2)),
  ms_min: Number(times[0].toFixed(2)),
  tokens_per_s: Math.round(1000 * batch * seq / median),
}));
