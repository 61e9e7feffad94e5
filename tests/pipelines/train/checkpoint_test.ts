import assert from "node:assert/strict";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { exportModel } from "../../../pipelines/model/hugging_face/export_model.ts";
import {
  loadCheckpoint,
  saveCheckpoint,
  type TrainState,
} from "../../../pipelines/train/checkpoint.ts";
import { digestMetrics } from "../../../pipelines/train/metrics_lines.ts";
import { readSafetensors } from "../../../runtime/safetensors.ts";
import { modelSource } from "../model/_model_source.ts";

const SOURCE = modelSource(`
models:
  llama: {use: decoder, dims: {layers: 1, embed: 8, heads: 4, kv_heads: 2, head_dim: 4, mlp: 12, vocab: 16}}
  gpt2: {use: gpt2, dims: {layers: 1, embed: 8, heads: 2, head_dim: 4, mlp: 12, vocab: 16}}
`);
const RETENTION = { every: 0, keep: 1 };

for (const name of ["llama", "gpt2"]) {
  for (const array of [Float32Array, Float64Array]) {
    Deno.test(`loadCheckpoint() gives ${name} back as it was saved, in ${array.name}`, async () => {
      const dir = await Deno.makeTempDir();
      try {
        const model = compileModel(SOURCE, name, { seq: 4 });
        const { tensors } = exportModel(model);
        const parameters = new Map(model.parameters.map(({ name, type }, n) => {
          const data = new array(sizeOf(type)).map((_, i) => n + i / 3);
          return [name, { shape: type.dims.map(({ size }) => size), data }];
        }));
        const files = { texts: { "config.json": "{}" }, tensors };
        await Deno.writeTextFile(`${dir}/metrics.jsonl`, "");
        const state: TrainState = {
          ...{ step: 0, digest: "d", evaluated: true, metrics: await digestMetrics(dir, 0, true) },
          parameters,
          optimizer: new Map(),
        };
        await saveCheckpoint(dir, state, files, RETENTION);
        const path = `${dir}/checkpoint/model.safetensors`;
        const { tensors: stored } = await readSafetensors(path);
        assert.deepEqual([...stored.keys()], tensors.map((plan) => plan.name));
        assert.ok([...stored.values()].every(({ data }) => data instanceof Float32Array));
        const told: string[] = [];
        const loaded = await loadCheckpoint(dir, "d", files, RETENTION, (line) => told.push(line));
        assert.ok(typeof loaded !== "string", `${loaded}: ${told}`);
        assert.deepEqual(loaded.parameters, parameters);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    });
  }
}
