/**
 * A training whose device is a few lines of plain code: fast, exact, and easy to break on purpose.
 */

import { sizeOf, tensor, type TensorType } from "../../../graph/ir/tensor.ts";
import type { Buffer } from "../../../graph/plan/plan.ts";
import { plainTensors } from "../../../pipelines/model/hugging_face/stored_tensors.ts";
import type { Model } from "../../../pipelines/model/model.ts";
import type { TrainConfig } from "../../../pipelines/schema/definitions.ts";
import type { TokenSplit } from "../../../pipelines/train/batches.ts";
import type { Training } from "../../../pipelines/train/train_model.ts";
import { type Device, snapshotNow } from "../../../runtime/device.ts";

const BATCH = 4;
const SEQ = 8;
const WEIGHTS = tensor({ weight: 3 });

/** Three weights that chase the mean token. */
export const toyModel: Model = {
  name: "toy",
  definition: { model: {}, blocks: {} },
  dims: { seq: SEQ, vocab: 32 },
  positions: SEQ,
  vocabKnown: true,
  parameters: [{
    name: "w",
    type: WEIGHTS,
    init: { kind: "normal", std: 1 },
    matrix: false,
    location: "toy.yaml:1:1",
    outer: {},
  }],
  random: false,
  refusal: (_origin, _code, message) => new Error(message),
  forward: () => {
    throw new Error("the toy has no graph");
  },
};

/**
 * A device that trains the toy; `onRun` is called before each run and may throw or spoil a buffer.
 */
export function toyDevice(
  { accumulate }: Pick<TrainConfig, "accumulate">,
  onRun: (program: string, buffers: Map<string, Float64Array>) => void = () => {},
): Device {
  const scalar = tensor({});
  const sequences = tensor({ batch: BATCH / accumulate, seq: SEQ }, "i32");
  const types: Record<string, TensorType> = {
    "tokens": sequences,
    "targets": sequences,
    "accumulating": scalar,
    "loss": scalar,
    "grad/w": WEIGHTS,
    "lr": scalar,
    "correction1": scalar,
    "correction2": scalar,
    "param/w": WEIGHTS,
    "m/w": WEIGHTS,
    "v/w": WEIGHTS,
    "grad_norm": scalar,
    "loss_sum": scalar,
  };
  const buffers = new Map<string, Float64Array>();
  const described = new Map<string, Buffer>();
  for (const [name, type] of Object.entries(types)) {
    buffers.set(name, new Float64Array(sizeOf(type)));
    described.set(name, { name, type, address: 0 });
  }
  const [tokens, targets, accumulating, loss, grad, lr, c1, c2, w, m, v, norm, lossSum] = [
    ...buffers.values(),
  ];
  const programs: Record<string, () => void> = {
    step() {
      const first = accumulating[0] === 0;
      const add = (to: Float64Array, i: number, value: number) => {
        to[i] = (first ? 0 : to[i]) + value / accumulate;
      };
      const mean = targets.reduce((sum, target, i) => sum + target - tokens[i] / 2, 0) / 100;
      add(loss, 0, w.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 100);
      w.forEach((value, i) => add(grad, i, (value - mean) / 50));
    },
    update() {
      norm[0] = Math.hypot(...grad);
      w.forEach((_, i) => {
        m[i] = 0.9 * m[i] + 0.1 * grad[i];
        v[i] = 0.99 * v[i] + 0.01 * grad[i] ** 2;
        w[i] -= lr[0] * (m[i] / c1[0]) / (Math.sqrt(v[i] / c2[0]) + 1e-8);
      });
    },
    evaluate() {
      lossSum[0] = targets.reduce((sum, target) => target < 0 ? sum : sum + w[0] + target, 0);
    },
  };
  return {
    name: "toy device",
    plan: { buffers: described, programs: new Map(), bytes: 0 },
    write: (name, elements) => buffers.get(name)!.set(elements),
    run(name) {
      onRun(name, buffers);
      programs[name]();
    },
    snapshot: (names) => snapshotNow(names.map((name) => buffers.get(name)!.slice())),
    read: (name) => Promise.resolve(buffers.get(name)!.slice()),
    close: () => Promise.resolve(),
  };
}

/** The numbers 0, 1, ... modulo 29 as a split. */
export function toySplit(tokens: number): TokenSplit {
  return {
    tokens,
    read: (position, target) => target.forEach((_, i) => target[i] = (position + i) % 29),
  };
}

/** What a toy training may differ in. */
export interface ToyOptions {
  readonly dir: string;
  readonly config?: Partial<TrainConfig>;
  readonly seed?: number;
  readonly steps?: number;
  readonly heldOut?: number;
  readonly onRun?: Parameters<typeof toyDevice>[1];
  readonly signal?: AbortSignal;
  readonly log?: string[];
}

/** A training of the toy. */
export function toyTraining(options: ToyOptions): Training {
  const config: TrainConfig = {
    kind: "train",
    model: "toy",
    data: "tokens",
    batch: BATCH,
    accumulate: 2,
    order: "shuffled",
    optimizer: {
      kind: "adamw",
      lr: 0.1,
      betas: [0.9, 0.99],
      eps: 1e-8,
      weight_decay: 0,
      decay: "all",
    },
    schedule: { kind: "linear", warmup: 4, final: 0 },
    clip: 0,
    z_loss: 0,
    eval: { every: 7 },
    checkpoint: { every: 10, keep: 1 },
    steps: options.steps ?? 45,
    ...options.config,
  } as TrainConfig;
  return {
    id: "train",
    config,
    seed: options.seed ?? 17,
    dir: options.dir,
    progress: { update: () => {} },
    log: (line) => options.log?.push(line),
    signal: options.signal ?? new AbortController().signal,
    steps: options.steps ?? 45,
    model: toyModel,
    data: {
      train: toySplit(201),
      heldOut: toySplit(options.heldOut ?? 50),
      documentAt: (position) => `doc-${Math.floor(position / 20)}`,
    },
    device: toyDevice(config, options.onRun),
    files: {
      texts: { "config.json": "{}\n", "tokenizer.json": '{"model": {}}\n' },
      tensors: plainTensors(toyModel.parameters),
    },
    digest: "digest of the toy",
  };
}
