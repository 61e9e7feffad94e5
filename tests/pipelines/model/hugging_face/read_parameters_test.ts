import assert from "node:assert/strict";
import { readParameters } from "../../../../pipelines/model/hugging_face/read_parameters.ts";
import {
  readSafetensors,
  type StoredTensor,
  writeSafetensors,
} from "../../../../runtime/safetensors.ts";
import { assertNear } from "../../../near.ts";
import { webgpuTest } from "../../../webgpu_engine.ts";
import { folderLogits, folderModel } from "./_folder_logits.ts";

const GOLDEN = new URL("../../../golden/transformers", import.meta.url).pathname;

/** Folders that transformers saved. */
const FOLDERS = [
  ...["llama_sharded", "llama_tied", "llama_bf16", "llama_scaled"],
  ...["gpt2", "gpt2_f16", "gpt2_bare"],
];

/** Compares the logits of a folder with those that transformers gave. */
async function compareLogits(name: string, engine: "wasm" | "reference" | "webgpu") {
  const folder = `${GOLDEN}/${name}`;
  const { tokens, logits } = JSON.parse(await Deno.readTextFile(`${folder}/logits.json`));
  const found = await folderLogits(folder, tokens, engine);
  assertNear(found, logits.flat(2), engine === "reference" ? 1e-5 : 1e-4, name);
}

for (const name of FOLDERS) {
  Deno.test(`the model in ${name} gives the logits of transformers`, () =>
    compareLogits(name, "wasm"));
}

Deno.test("the model in llama_scaled gives the logits of transformers on reference", () =>
  compareLogits("llama_scaled", "reference"));

for (const name of ["llama_scaled", "gpt2_bare"]) {
  webgpuTest(
    `the model in ${name} gives the logits of transformers on webgpu`,
    () => compareLogits(name, "webgpu"),
  );
}

/** Runs `body` with a copy of a folder that has one file of weights, changed by `change`. */
async function withChanged(
  name: string,
  change: (tensors: Map<string, StoredTensor>) => void,
  body: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.copyFile(`${GOLDEN}/${name}/config.json`, `${dir}/config.json`);
    const { tensors } = await readSafetensors(`${GOLDEN}/${name}/model.safetensors`);
    const changed = new Map(tensors);
    change(changed);
    await writeSafetensors(`${dir}/model.safetensors`, changed);
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function readAll(dir: string): Promise<ReadonlyMap<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for await (const [name, data] of readParameters(dir, folderModel(dir, 8))) values.set(name, data);
  return values;
}

async function refused(
  name: string,
  change: (tensors: Map<string, StoredTensor>) => void,
  message: string,
): Promise<void> {
  await withChanged(name, change, async (dir) => {
    await assert.rejects(readAll(dir), { message: `Cannot load ${dir}: ${message}` });
  });
}

const Q = "model.layers.1.self_attn.q_proj.weight";
const EMBEDDING = "model.embed_tokens.weight";
const HEAD = "lm_head.weight";

Deno.test("readParameters() refuses tensors that do not fit the model", async () => {
  const one = { shape: [1], data: Float32Array.of(1) };
  await refused("llama_tied", (t) => t.delete(Q), `tensor ${Q} is missing`);
  await refused(
    "llama_tied",
    (t) => {
      for (const name of [...t.keys()]) if (name.includes("mlp")) t.delete(name);
    },
    "tensors model.layers.0.mlp.gate_proj.weight, model.layers.0.mlp.up_proj.weight, " +
      "model.layers.0.mlp.down_proj.weight and 3 more are missing",
  );
  await refused(
    "llama_tied",
    (t) => t.set(Q, { ...t.get(Q)!, shape: [8, 32] }),
    `tensor ${Q} is [8,32], expected [16,16]`,
  );
  await refused(
    "llama_tied",
    (t) => t.set(Q, { shape: [16, 16], data: new Int32Array(256) }),
    `tensor ${Q} is I32, expected one of F32, F16, BF16`,
  );
  const extra = "model.layers.1.self_attn.q_proj.bias";
  await refused("llama_tied", (t) => t.set(extra, one), `tensor ${extra} is no part of the model`);
  await refused(
    "gpt2",
    (t) => t.set("transformer.h.0.attn.rotary", one).set("score.weight", one),
    "tensors transformer.h.0.attn.rotary, score.weight are no part of the model",
  );
});

Deno.test("readParameters() refuses weights that are not finite, and names the file", async () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    const change = (tensors: Map<string, StoredTensor>) => {
      tensors.get(Q)!.data[7] = value;
    };
    await withChanged("llama_tied", change, async (dir) => {
      await assert.rejects(readAll(dir), {
        message: `Cannot load ${dir}/model.safetensors: element 7 of tensor ${Q} is ${value}, ` +
          "expected finite numbers",
      });
    });
  }
});

Deno.test("readParameters() passes over what holds nothing trained", async () => {
  const buffer = { shape: [2], data: new Float32Array(2) };
  const name = "model.layers.0.self_attn.rotary_emb.inv_freq";
  await withChanged("llama_tied", (t) => t.set(name, buffer), async (dir) => {
    assert.deepEqual(await readAll(dir), await readAll(`${GOLDEN}/llama_tied`));
  });
});

Deno.test("readParameters() takes a tied head that is stored all the same, if it is the embedding", async () => {
  const copy = (t: Map<string, StoredTensor>) => t.set(HEAD, t.get(EMBEDDING)!);
  await withChanged("llama_tied", copy, async (dir) => {
    assert.deepEqual(await readAll(dir), await readAll(`${GOLDEN}/llama_tied`));
  });
  await refused("llama_tied", (t) => {
    const { shape, data } = t.get(EMBEDDING)!;
    t.set(HEAD, { shape, data: Float32Array.from(data, (x: number, i) => i === 700 ? -x : x) });
  }, `config.json ties the head to the embedding, but ${HEAD} is not ${EMBEDDING}`);
});

Deno.test("readParameters() refuses damaged files", () =>
  withChanged("gpt2", () => {}, async (dir) => {
    const path = `${dir}/model.safetensors`;
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, size - 4);
    await assert.rejects(readAll(dir), {
      message: `Cannot read ${path}: it has ${size - 4} bytes, expected ${size}`,
    });
  }));
