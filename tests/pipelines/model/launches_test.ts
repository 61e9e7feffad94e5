import assert from "node:assert/strict";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { buildTrainPrograms } from "../../../pipelines/model/train_programs.ts";
import { type ListedProgram, makeLaunchList } from "../../../runtime/webgpu/launch_list.ts";
import { modelSource } from "./_model_source.ts";

/** What every WebGPU device has. */
const LIMITS = { maxStorageBufferBindingSize: 2 ** 27, maxStorageBuffersPerShaderStage: 8 };
const DIMS = "layers: 4, embed: 64, heads: 4, head_dim: 16, mlp: 192, vocab: 256";
const source = modelSource(`
models:
  llama: {use: decoder, dims: {${DIMS}, kv_heads: 2}}
  gpt2: {use: gpt2, dims: {${DIMS}}}
`);

function listLaunches(name: string, batch: number) {
  const model = compileModel(source, name, { seq: 32 });
  const programs = buildTrainPrograms(model, {
    batch,
    accumulate: 1,
    optimizer: {
      kind: "adamw",
      betas: [0.9, 0.95],
      eps: 1e-8,
      weight_decay: 0.1,
      decay: "matrices",
    },
    clip: 1,
    z_loss: 0,
  });
  return makeLaunchList(makePlan({ ...programs }), LIMITS);
}

/** How often each op is launched, the most frequent first; a kernel may take several launches. */
function summary({ name, launches }: ListedProgram): string {
  const counts = new Map<string, number>();
  for (const { node } of launches) {
    const op = node?.op.name ?? "copy";
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  const lines = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([op, count]) => `  ${count} ${op}\n`);
  return `${name}: ${launches.length} launches\n${lines.join("")}`;
}

Deno.test("makeLaunchList() takes as many launches for a step of a 4-layer Llama as it did", () => {
  const { programs, shaders } = listLaunches("llama", 4);
  const text = programs.map(summary).join("") + `${shaders.length} shaders\n`;
  const url = new URL("./golden/llama_launches.txt", import.meta.url);
  if (Deno.env.get("GOLDEN") === "write") Deno.writeTextFileSync(url, text);
  assert.equal(text, Deno.readTextFileSync(url));
});

Deno.test("makeLaunchList() keeps GPT-2 within the limits that every device has", () => {
  // Reductions over few rows are not split, over 2,048 they are: then kernels have scratch too.
  const { programs, scratchBytes } = listLaunches("gpt2", 64);
  assert.equal(programs.length, 3);
  assert.ok(scratchBytes > 0);
});
