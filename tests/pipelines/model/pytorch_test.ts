import assert from "node:assert/strict";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import type { Model } from "../../../pipelines/model/model.ts";
import { buildTrainPrograms } from "../../../pipelines/model/train_programs.ts";
import type { Device } from "../../../runtime/device.ts";
import { openReferenceDevice } from "../../../runtime/reference/open_reference_device.ts";
import { openWasmDevice } from "../../../runtime/wasm/open_wasm_device.ts";
import { goldenBatch, initialValue } from "../../golden/pytorch/hash_data.ts";
import { modelSource } from "./_model_source.ts";

/** One step of a golden training. */
interface Row {
  readonly loss: number;
  readonly grad_norm: number;
  readonly norms: readonly number[];
}

/** A file that `make.py` wrote. */
interface Golden {
  readonly case: { readonly ignore: boolean };
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly watched: readonly string[];
  readonly float32: readonly Row[];
  readonly float64: readonly Row[];
}

const SIZE = { batch: 16, seq: 16, vocab: 64 };
const DIMS = "layers: 2, embed: 32, heads: 4, head_dim: 8, mlp: 96, vocab: 64";
const SOURCE = modelSource(`
models:
  gpt2: {use: gpt2, dims: {${DIMS}}}
  gpt2_no_bias: {use: gpt2, bias: false, dims: {${DIMS}}}
  llama: {use: decoder, dims: {${DIMS}, kv_heads: 2}}
  llama_tied: {use: decoder, tied: true, dims: {${DIMS}, kv_heads: 2}}
`);
const ADAMW = { betas: [0.9, 0.95], eps: 1e-8, weight_decay: 0.1, decay: "matrices" } as const;

/** Steps on the reference engine: all 20 take a minute, so only the slow tier takes them. */
const REFERENCE_STEPS = Deno.env.get("SLUICE_SLOW") ? 20 : 3;

/** Largest relative difference from PyTorch; the requirement is 1e-4. */
const TOLERANCE = { reference: 1e-6, wasm: 1e-5 };

for (const name of ["gpt2", "gpt2_no_bias", "llama", "llama_tied"]) {
  const golden: Golden = JSON.parse(
    Deno.readTextFileSync(new URL(`../../golden/pytorch/${name}.json`, import.meta.url)),
  );
  const model = compileModel(SOURCE, name, { seq: SIZE.seq });

  Deno.test(`compileModel() makes the parameters of PyTorch's ${name}`, () => {
    const shapes = Object.fromEntries(
      model.parameters.map(({ name, type }) => [name, type.dims.map(({ size }) => size)]),
    );
    assert.deepEqual(shapes, golden.shapes);
  });

  Deno.test(`buildTrainPrograms() trains ${name} like PyTorch on reference`, async () => {
    const rows = await train(openReferenceDevice(planOf(model)), model, golden, REFERENCE_STEPS);
    compare(rows, golden.float64, TOLERANCE.reference);
  });

  Deno.test(`buildTrainPrograms() trains ${name} like PyTorch on wasm, whatever the threads`, async () => {
    const one = await train(await openWasmDevice(planOf(model), { threads: 1 }), model, golden, 20);
    compare(one, golden.float64, TOLERANCE.wasm);
    const two = await train(await openWasmDevice(planOf(model), { threads: 2 }), model, golden, 20);
    assert.deepEqual(two, one);
  });
}

function planOf(model: Model) {
  const { step, update } = buildTrainPrograms(model, {
    batch: SIZE.batch,
    accumulate: 1,
    optimizer: { kind: "adamw", ...ADAMW },
    clip: 1,
    z_loss: 0,
  });
  return makePlan({ step, update });
}

/** Trains as `make.py` does, then closes the device. */
async function train(device: Device, model: Model, golden: Golden, steps: number): Promise<Row[]> {
  try {
    return await rowsOf(device, model, golden, steps);
  } finally {
    await device.close();
  }
}

/** A warmup of 5 steps to a rate of 0.01. */
async function rowsOf(device: Device, model: Model, golden: Golden, steps: number): Promise<Row[]> {
  for (const { name, type } of model.parameters) {
    device.write(`param/${name}`, initialValue(name, sizeOf(type)));
  }
  const rows: Row[] = [];
  for (let step = 0; step < steps; step++) {
    const { tokens, targets } = goldenBatch(step, SIZE, golden.case.ignore);
    device.write("tokens", tokens);
    device.write("targets", targets);
    device.write("lr", [0.01 * Math.min(1, (step + 1) / 5)]);
    device.write("correction1", [1 - ADAMW.betas[0] ** (step + 1)]);
    device.write("correction2", [1 - ADAMW.betas[1] ** (step + 1)]);
    device.run("step");
    device.run("update");
    const [[loss], [grad_norm]] = [await device.read("loss"), await device.read("grad_norm")];
    const norms: number[] = [];
    for (const name of golden.watched) {
      const values = await device.read(`param/${name}`);
      norms.push(Math.hypot(...values));
    }
    rows.push({ loss, grad_norm, norms });
  }
  return rows;
}

function compare(rows: readonly Row[], expected: readonly Row[], tolerance: number) {
  rows.forEach((row, step) => {
    const pairs = [
      ["loss", row.loss, expected[step].loss],
      ["grad_norm", row.grad_norm, expected[step].grad_norm],
      ...row.norms.map((norm, i) => [`norm ${i}`, norm, expected[step].norms[i]]),
    ] as [string, number, number][];
    for (const [what, got, wanted] of pairs) {
      const error = Math.abs(got / wanted - 1);
      assert.ok(error <= tolerance, `step ${step}: ${what} is ${got}, expected ${wanted}`);
    }
  });
}
