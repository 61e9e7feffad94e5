/** The trainings that `tests/golden/pytorch/make.py` ran in PyTorch, run by an engine of ours. */

import assert from "node:assert/strict";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import type { Model } from "../../../pipelines/model/model.ts";
import { buildTrainPrograms } from "../../../pipelines/model/train_programs.ts";
import type { Device } from "../../../runtime/device.ts";
import { goldenBatch, initialValue } from "../../golden/pytorch/hash_data.ts";
import { modelSource } from "./_model_source.ts";

/** One step of a training. */
export interface Row {
  readonly loss: number;
  readonly grad_norm: number;
  /** Norms of a few parameters after the step. */
  readonly norms: readonly number[];
}

/** A file that `make.py` wrote. */
export interface Golden {
  readonly case: { readonly ignore: boolean };
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Parameters whose norms the rows give. */
  readonly watched: readonly string[];
  readonly float32: readonly Row[];
  readonly float64: readonly Row[];
}

/** A golden training and our model for it. */
export interface GoldenCase {
  readonly name: string;
  readonly golden: Golden;
  readonly model: Model;
}

/** Steps of a golden training. */
export const GOLDEN_STEPS = 20;

const SIZE = { batch: 16, seq: 16, vocab: 64 };
const ADAMW = { betas: [0.9, 0.95], eps: 1e-8, weight_decay: 0.1, decay: "matrices" } as const;
const DIMS = "layers: 2, embed: 32, heads: 4, head_dim: 8, mlp: 96, vocab: 64";
const MODELS = `
models:
  gpt2: {use: gpt2, dims: {${DIMS}}}
  gpt2_no_bias: {use: gpt2, bias: false, dims: {${DIMS}}}
  llama: {use: decoder, dims: {${DIMS}, kv_heads: 2}}
  llama_tied: {use: decoder, tied: true, dims: {${DIMS}, kv_heads: 2}}
`;

/** All golden trainings. */
export function goldenCases(): GoldenCase[] {
  const source = modelSource(MODELS);
  return Object.keys(source.models).map((name) => {
    const url = new URL(`../../golden/pytorch/${name}.json`, import.meta.url);
    const golden: Golden = JSON.parse(Deno.readTextFileSync(url));
    return { name, golden, model: compileModel(source, name, { seq: SIZE.seq }) };
  });
}

/** Runs the first steps of a training on the device that `open` gives. */
export async function trainGolden(
  { golden, model }: GoldenCase,
  open: (plan: Plan) => Device | Promise<Device>,
  steps: number,
): Promise<Row[]> {
  const { step, update } = buildTrainPrograms(model, {
    batch: SIZE.batch,
    accumulate: 1,
    optimizer: { kind: "adamw", ...ADAMW },
    clip: 1,
    z_loss: 0,
  });
  const device = await open(makePlan({ step, update }));
  try {
    for (const { name, type } of model.parameters) {
      device.write(`param/${name}`, initialValue(name, sizeOf(type)));
    }
    const rows: Row[] = [];
    for (let at = 0; at < steps; at++) rows.push(await takeStep(device, golden, at));
    return rows;
  } finally {
    await device.close();
  }
}

/** Fails where a step differs from PyTorch's by more than `tolerance`, relative. */
export function compareRows(rows: readonly Row[], expected: readonly Row[], tolerance: number) {
  rows.forEach((row, step) => {
    const wanted = expected[step];
    const check = (what: string, got: number, want: number) => {
      const error = Math.abs(got / want - 1);
      assert.ok(error <= tolerance, `step ${step}: ${what} is ${got}, expected ${want}`);
    };
    check("loss", row.loss, wanted.loss);
    check("grad_norm", row.grad_norm, wanted.grad_norm);
    row.norms.forEach((norm, i) => check(`norm ${i}`, norm, wanted.norms[i]));
  });
}

/** The learning rate rises to 0.01 in 5 steps and stays. */
async function takeStep(device: Device, golden: Golden, step: number): Promise<Row> {
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
  for (const name of golden.watched) norms.push(Math.hypot(...await device.read(`param/${name}`)));
  return { loss, grad_norm, norms };
}
