/**
 * Where the time of a training step goes on WebGPU: each distinct launch of nanoGPT's CPU model (or
 * with LAYERS, EMBED and BATCH of one's own) by itself, those that take longest first:
 *
 *     deno run -R -E tests/bench/webgpu_step.ts [LAYERS] [EMBED] [BATCH]
 */

import { makePlan } from "../../graph/plan/make_plan.ts";
import { compileModel } from "../../pipelines/model/compile_model.ts";
import { stepProgram } from "../../pipelines/model/step_program.ts";
import { updateProgram } from "../../pipelines/model/update_program.ts";
import { describeNode } from "../../runtime/describe_node.ts";
import { type ListedLaunch, makeLaunchList } from "../../runtime/webgpu/launch_list.ts";
import { modelSource } from "../pipelines/model/_model_source.ts";
import { benchDevice, timePhases } from "./webgpu_time.ts";

const [layers, embed, batch] = [4, 128, 12].map((usual, i) => Number(Deno.args[i] ?? usual));
const [seq, vocab] = [64, 65];
const model = compileModel(
  modelSource(`
models:
  nanogpt:
    use: gpt2
    dims: {layers: ${layers}, embed: ${embed}, heads: 4, head_dim: ${embed / 4}, mlp: ${
    4 * embed
  }, vocab: ${vocab}}
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
const { device, name } = await benchDevice();
const list = makeLaunchList(plan, device.limits);

/** Launches of one shader on bindings of the same sizes. */
interface Group {
  readonly launch: ListedLaunch;
  count: number;
  seconds: number;
}

const groups = new Map<string, Group>();
for (const launch of list.programs.flatMap(({ launches }) => launches)) {
  const key = `${launch.shader} ${launch.workgroups} ${launch.memory.map(({ bytes }) => bytes)}`;
  const group = groups.get(key) ?? { launch, count: 0, seconds: 0 };
  group.count++;
  groups.set(key, group);
}
for (const group of groups.values()) {
  const { shader, memory, workgroups } = group.launch;
  const { code, bindings } = list.shaders[shader];
  // Bindings that the shader leaves out need something as well here.
  const bytes = new Array<number>(Math.max(...bindings) + 1).fill(16);
  bindings.forEach((binding, i) => bytes[binding] = memory[i].bytes);
  group.seconds = await timePhases(device, [{ code, workgroups }], bytes);
}
const all = [...groups.values()].sort((x, y) => y.count * y.seconds - x.count * x.seconds);
const total = all.reduce((sum, { count, seconds }) => sum + count * seconds, 0);
const launches = all.reduce((sum, { count }) => sum + count, 0);
console.log(`${name}: ${launches} launches, ${(1000 * total).toFixed(1)} ms`);
for (const { launch, count, seconds } of all.slice(0, 40)) {
  const share = `${(100 * count * seconds / total).toFixed(1)}%`.padStart(6);
  const time = `${count} x ${(1e6 * seconds).toFixed(0)} us`.padStart(16);
  console.log(`${share} ${time}  ${launch.node ? describeNode(launch.node) : "copy"}`);
}
device.destroy();
