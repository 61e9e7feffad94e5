import assert from "node:assert/strict";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import type { Model } from "../../../pipelines/model/model.ts";
import { logitsProgram } from "../../../pipelines/model/step_program.ts";
import type { TrainOptions } from "../../../pipelines/model/train_options.ts";
import { buildTrainPrograms } from "../../../pipelines/model/train_programs.ts";
import type { Device } from "../../../runtime/device.ts";
import { openReferenceDevice } from "../../../runtime/reference/open_reference_device.ts";
import { initialValues } from "./_initial_values.ts";
import { modelSource } from "./_model_source.ts";

const SEQ = 4;
const SOURCE = modelSource(`
models:
  gpt2: {use: gpt2, dims: {layers: 1, embed: 8, heads: 2, head_dim: 4, mlp: 12, vocab: 16}, std: 0.2}
  dropped: {extends: gpt2, dropout: 0.5}
  unused: {use: wasteful, dims: {embed: 8, vocab: 16}}
blocks:
  wasteful:
    inputs: [tokens]
    nodes:
      - {op: embedding, id: embedding, to: embed}
      - {op: linear, id: nothing, to: vocab}
      - {op: linear, in: embedding, to: vocab}
`);
const TOKENS = [1, 5, 2, 9, 3, 3, 14, 0, 7, 8, 8, 1, 15, 4, 6, 2];
const TARGETS = [5, 2, 9, 3, 3, 14, 0, 7, 8, 8, 1, 15, 4, 6, 2, 0];
const SGD = { kind: "sgd", momentum: 0, weight_decay: 0, decay: "all" } as const;
const OPTIONS: TrainOptions = { batch: 4, accumulate: 1, optimizer: SGD, clip: 0, z_loss: 0 };

function open(model: Model, options: Partial<TrainOptions> = {}): Device {
  const all = { ...OPTIONS, ...options };
  const programs = { ...buildTrainPrograms(model, all), logits: logitsProgram(model, all.batch) };
  const device = openReferenceDevice(makePlan(programs));
  for (const [name, values] of initialValues(model, 1)) device.write(`param/${name}`, values);
  return device;
}

async function readScalar(device: Device, name: string): Promise<number> {
  return (await device.read(name))[0];
}

function near(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12) {
  assert.equal(got.length, expected.length);
  for (let i = 0; i < got.length; i++) {
    assert.ok(Math.abs(got[i] - expected[i]) <= tolerance, `${i}: ${got[i]}, not ${expected[i]}`);
  }
}

function logSumExp(row: readonly number[]): number {
  return Math.log(row.reduce((total, x) => total + Math.exp(x), 0));
}

const gpt2 = compileModel(SOURCE, "gpt2", { seq: SEQ });

Deno.test("stepProgram() accumulates microbatches to the gradient of the whole batch", async () => {
  const whole = open(gpt2);
  whole.write("tokens", TOKENS);
  whole.write("targets", TARGETS);
  whole.run("step");
  const parts = open(gpt2, { batch: 2, accumulate: 2 });
  // What an earlier step left behind must not matter.
  for (const { name, type } of gpt2.parameters) {
    parts.write(`grad/${name}`, new Array(sizeOf(type)).fill(NaN));
  }
  for (const part of [0, 1]) {
    parts.write("tokens", TOKENS.slice(8 * part, 8 * part + 8));
    parts.write("targets", TARGETS.slice(8 * part, 8 * part + 8));
    parts.write("accumulating", [part]);
    parts.run("step");
  }
  near(await parts.read("loss"), await whole.read("loss"));
  for (const { name } of gpt2.parameters) {
    near(await parts.read(`grad/${name}`), await whole.read(`grad/${name}`));
  }
});

Deno.test("a model may have more positions than its sequences: those have no gradient", async () => {
  const long = compileModel(SOURCE, "gpt2", { seq: SEQ, positions: SEQ + 3 });
  assert.equal(long.positions, SEQ + 3);
  assert.equal(gpt2.positions, SEQ);
  const devices = [open(gpt2), open(long)];
  const first = await devices[0].read("param/positions");
  devices[1].write("param/positions", [...first, ...new Array(3 * 8).fill(0.5)]);
  for (const device of devices) {
    device.write("tokens", TOKENS);
    device.write("targets", TARGETS);
    for (const program of ["logits", "step"]) device.run(program);
  }
  const [short, more] = devices;
  near(await more.read("logits"), await short.read("logits"));
  const gradient = await short.read("grad/positions");
  assert.ok(gradient.some((x: number) => Math.abs(x) > 1e-3));
  near(await more.read("grad/positions"), [...gradient, ...new Array(3 * 8).fill(0)]);
});

Deno.test("evaluateProgram() sums the losses of the targets that count", async () => {
  const device = open(gpt2);
  const targets = TARGETS.map((target, i) => i % 3 === 0 ? -1 : target);
  device.write("tokens", TOKENS);
  device.write("targets", targets);
  device.run("evaluate");
  device.run("step");
  device.run("logits");
  const logits = await device.read("logits");
  const losses = targets.map((target, i) => {
    if (target < 0) return 0;
    const row = Array.from(logits.slice(16 * i, 16 * i + 16));
    return logSumExp(row) - row[target];
  });
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  near(await device.read("token_loss"), losses);
  near(await device.read("loss_sum"), [total]);
  near(await device.read("count"), [10]);
  near(await device.read("loss"), [total / 10]);
});

Deno.test("stepProgram() follows the z-loss and reports the loss without it", async () => {
  const targets = TARGETS.map((target, i) => i % 3 === 0 ? -1 : target);
  const losses: number[] = [];
  const gradients: number[] = [];
  /** Nats and z-loss of the batch with one weight moved by `h`. */
  const objective = async (h: number) => {
    const device = open(gpt2, { z_loss: 0.5 });
    const weights = await device.read("param/positions");
    weights[5] += h;
    device.write("param/positions", weights);
    device.write("tokens", TOKENS);
    device.write("targets", targets);
    for (const program of ["step", "logits"]) device.run(program);
    losses.push(await readScalar(device, "loss"));
    gradients.push((await device.read("grad/positions"))[5]);
    const logits = await device.read("logits");
    let [nats, squares] = [0, 0];
    targets.forEach((target, i) => {
      if (target < 0) return;
      const row = Array.from(logits.slice(16 * i, 16 * i + 16));
      nats += (logSumExp(row) - row[target]) / 10;
      squares += logSumExp(row) ** 2 / 10;
    });
    return { nats, total: nats + 0.5 * squares };
  };
  const [below, here, above] = [await objective(-1e-5), await objective(0), await objective(1e-5)];
  near([losses[1]], [here.nats]);
  near([gradients[1]], [(above.total - below.total) / 2e-5], 1e-8);
});

Deno.test("stepProgram() draws dropout from the bits of the step, evaluate has none", async () => {
  const model = compileModel(SOURCE, "dropped", { seq: SEQ });
  assert.equal(model.random, true);
  assert.equal(gpt2.random, false);
  const device = open(model);
  const losses: number[] = [];
  for (const bits of [1, 2, 1]) {
    device.write("random", [bits]);
    device.write("tokens", TOKENS);
    device.write("targets", TARGETS);
    device.run("step");
    losses.push(await readScalar(device, "loss"));
  }
  device.run("evaluate");
  assert.equal(losses[0], losses[2]);
  assert.notEqual(losses[0], losses[1]);
  const plain = open(gpt2);
  plain.write("tokens", TOKENS);
  plain.write("targets", TARGETS);
  plain.run("evaluate");
  assert.equal(await readScalar(device, "loss_sum"), await readScalar(plain, "loss_sum"));
});

Deno.test("updateProgram() clips to the global norm and descends", async () => {
  const device = open(gpt2, { clip: 0.5 });
  let squares = 0;
  for (const { name, type } of gpt2.parameters) {
    const gradient = Array.from({ length: sizeOf(type) }, (_, i) => (i % 5 - 2) / 4);
    squares += gradient.reduce((total, g) => total + g * g, 0);
    device.write(`grad/${name}`, gradient);
  }
  const before = await device.read("param/norm.weight");
  device.write("lr", [0.1]);
  device.run("update");
  const norm = Math.sqrt(squares);
  near(await device.read("grad_norm"), [norm]);
  const rate = 0.1 * 0.5 / (norm + 1e-6);
  near(await device.read("param/norm.weight"), before.map((x, i) => x - rate * (i % 5 - 2) / 4));
});

Deno.test("updateProgram() decays matrices only, or all", async () => {
  for (const decay of ["matrices", "all"] as const) {
    const device = open(gpt2, { optimizer: { ...SGD, decay, weight_decay: 0.5, momentum: 0.9 } });
    device.write("lr", [0.1]);
    device.run("update");
    near(await device.read("param/norm.weight"), new Array(8).fill(decay === "all" ? 0.95 : 1));
    const initial = initialValues(gpt2, 1).get("positions")!;
    near(await device.read("param/positions"), Array.from(initial, (x) => 0.95 * x));
  }
});

Deno.test("stepProgram() gives zeros for parameters the loss does not depend on", async () => {
  const device = open(compileModel(SOURCE, "unused", { seq: SEQ }));
  device.write("tokens", TOKENS);
  device.write("targets", TARGETS);
  device.run("step");
  near(await device.read("grad/nothing.weight"), new Array(8 * 16).fill(0), 0);
  assert.ok((await device.read("grad/linear.weight")).some((value) => value !== 0));
});
