/** A model on a device, being trained: one call per optimizer step. */

import { sizeOf, type TensorType } from "../../graph/ir/tensor.ts";
import { bytesOf } from "../../graph/plan/make_plan.ts";
import type { Device } from "../../runtime/device.ts";
import type { StoredTensor } from "../../runtime/safetensors.ts";
import { deriveSeed } from "../compile/random.ts";
import { initialParameters } from "../model/initial_values.ts";
import type { Model } from "../model/model.ts";
import { momentNames } from "../model/update_program.ts";
import type { TrainConfig } from "../schema/definitions.ts";
import { readSequences, type TokenSplit } from "./batches.ts";

/** What a step found. */
export interface StepResult {
  /** Nats per token of the step's sequences. */
  readonly loss: number;
  /** Global norm of the gradients, before clipping. */
  readonly gradNorm: number;
}

/** Waits until the device has come to a step, which may be slow: for several steps at a time. */
export type ReadStep = () => Promise<StepResult>;

/** Parameters and the optimizer's state, as a checkpoint keeps them. */
export interface TrainerState {
  /** By the parameter's name. */
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  /** By the buffer's name. */
  readonly optimizer: ReadonlyMap<string, StoredTensor>;
}

/** What a trainer is made of. The device's plan has the programs `step` and `update`. */
export interface TrainerOptions {
  readonly device: Device;
  readonly model: Model;
  readonly config: Pick<TrainConfig, "batch" | "accumulate" | "optimizer">;
  readonly seed: number;
}

/** Trains a model on a device. */
export interface Trainer {
  /** Writes the initial values of the parameters; the optimizer's state is zeros. */
  initialize(): Promise<void>;
  /**
   * Takes one step (1, 2, ...) on the sequences of `split` that start at `starts`, at rate `lr`.
   */
  step(step: number, split: TokenSplit, starts: readonly number[], lr: number): ReadStep;
  state(): Promise<TrainerState>;
  /** Goes on from a state. Throws an Error if it is not one of this model and optimizer. */
  restore(state: TrainerState): void;
}

/** Buffers are read together up to this size: reading each for itself may be slow. */
const READ_BYTES = 16 * 2 ** 20;

/** Makes a trainer. */
export function createTrainer({ device, model, config, seed }: TrainerOptions): Trainer {
  const { batch, accumulate, optimizer } = config;
  const { buffers } = device.plan;
  const rows = batch / accumulate;
  const parameters = model.parameters.map(({ name }) => ({ name, buffer: `param/${name}` }));
  const moments = momentNames(optimizer).flatMap((moment) =>
    parameters.map(({ name }) => `${moment}/${name}`)
  );
  const writeScalar = (name: string, value: number) => {
    if (buffers.has(name)) device.write(name, [value]);
  };
  const restoreBuffer = (buffer: string, tensor: StoredTensor | undefined) => {
    const { type } = buffers.get(buffer)!;
    if (!tensor || tensor.data.length !== sizeOf(type)) {
      throw new Error(
        `Cannot restore ${buffer}: the checkpoint has ${tensor ? `[${tensor.shape}]` : "none"}, ` +
          `expected [${shapeOf(type)}]`,
      );
    }
    device.write(buffer, tensor.data);
  };
  /** Reads buffers, many small ones at once. */
  const store = async (names: readonly string[]): Promise<StoredTensor[]> => {
    const stored: StoredTensor[] = [];
    for (const group of groupBySize(names, (name) => bytesOf(buffers.get(name)!.type))) {
      const read = group.map(async (name) => ({
        shape: shapeOf(buffers.get(name)!.type),
        data: await device.read(name),
      }));
      stored.push(...await Promise.all(read));
    }
    return stored;
  };
  return {
    async initialize() {
      for await (const [name, values] of initialParameters(model, seed)) {
        device.write(`param/${name}`, values);
      }
    },
    step(step, split, starts, lr) {
      for (let part = 0; part < accumulate; part++) {
        const sequences = readSequences(
          split,
          starts.slice(part * rows, (part + 1) * rows),
          model.dims.seq,
        );
        device.write("tokens", sequences.tokens);
        device.write("targets", sequences.targets);
        writeScalar("random", deriveSeed(seed, "random", step, part));
        writeScalar("accumulating", part === 0 ? 0 : 1);
        device.run("step");
      }
      device.write("lr", [lr]);
      if (optimizer.kind === "adamw") {
        const [beta1, beta2] = optimizer.betas;
        writeScalar("correction1", 1 - beta1 ** step);
        writeScalar("correction2", 1 - beta2 ** step);
      }
      device.run("update");
      const results = device.snapshot(["loss", "grad_norm"]);
      return async () => {
        const [[loss], [gradNorm]] = await results.elements();
        return { loss, gradNorm };
      };
    },
    async state() {
      const values = await store([...parameters.map(({ buffer }) => buffer), ...moments]);
      const byName = new Map(parameters.map(({ name }, i) => [name, values[i]]));
      const optimizer = new Map(moments.map((name, i) => [name, values[parameters.length + i]]));
      return { parameters: byName, optimizer };
    },
    restore(state) {
      for (const { name, buffer } of parameters) restoreBuffer(buffer, state.parameters.get(name));
      for (const buffer of moments) restoreBuffer(buffer, state.optimizer.get(buffer));
    },
  };
}

/** Consecutive names in groups of at most `READ_BYTES`; a larger buffer is a group of its own. */
function groupBySize(names: readonly string[], bytesOf: (name: string) => number): string[][] {
  const groups: string[][] = [];
  let left = 0;
  for (const name of names) {
    const bytes = bytesOf(name);
    if (bytes > left) {
      groups.push([]);
      left = READ_BYTES;
    }
    groups[groups.length - 1].push(name);
    left -= bytes;
  }
  return groups;
}

function shapeOf(type: TensorType): number[] {
  return type.dims.map(({ size }) => size);
}
