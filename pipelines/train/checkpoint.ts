/**
 * Checkpoints: `checkpoint/` in the layout of Hugging Face (config.json, tokenizer.json,
 * model.safetensors) with a `state/` from which training goes on. It is replaced as a whole.
 */

import { join } from "node:path";
import {
  isThere,
  recoverFolder,
  removeIfThere,
  type Retire,
  writeFileAtomic,
  writeFolderAtomic,
} from "../../runtime/atomic_file.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../runtime/safetensors.ts";

/** Everything that training goes on from. Batches and rates follow from the step and the seed. */
export interface TrainState {
  /** Steps done. */
  readonly step: number;
  /** Digest of what the state belongs to. */
  readonly digest: string;
  /** False if the held-out loss that was due after the step has not been measured. */
  readonly evaluated: boolean;
  /** By the parameter's name. */
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  /** By the buffer's name, e.g. `m/layers.0.attention.q.weight`. */
  readonly optimizer: ReadonlyMap<string, StoredTensor>;
}

/** What stands beside the numbers: texts by the name of the file, config.json and tokenizer.json. */
export type ModelFiles = Readonly<Record<string, string>>;

/** Which checkpoints stay when a later one is published. */
export interface Retention {
  /** Steps between the checkpoints that count; 0: none but the last. */
  readonly every: number;
  /** How many of those are kept, the latest included. */
  readonly keep: number;
}

const NAME = "checkpoint";
const STATE = "state/state.json";
const OPTIMIZER = "state/optimizer.safetensors";
const MODEL = "model.safetensors";

/**
 * Publishes a checkpoint in `dir`. The one before stays as `checkpoint-STEP` if it is to be kept.
 *
 * A state of doubles (the reference engine) has its parameters in `state/` as well, since those of
 * model.safetensors are rounded to f32.
 */
export async function saveCheckpoint(
  dir: string,
  state: TrainState,
  files: ModelFiles,
  retention: Retention,
): Promise<void> {
  await writeFolderAtomic(join(dir, NAME), async (folder) => {
    await Deno.mkdir(join(folder, "state"));
    for (const [name, text] of Object.entries(files)) {
      await writeFileAtomic(join(folder, name), text);
    }
    const exact = [...state.parameters].filter(([, { data }]) => data instanceof Float64Array);
    const rounded = new Map(state.parameters);
    for (const [name, { shape, data }] of exact) {
      rounded.set(name, { shape, data: Float32Array.from(data) });
    }
    await writeSafetensors(join(folder, MODEL), rounded, { format: "pt" });
    const kept = exact.map(([name, tensor]): [string, StoredTensor] => [`param/${name}`, tensor]);
    await writeSafetensors(join(folder, OPTIMIZER), new Map([...state.optimizer, ...kept]));
    await writeFileAtomic(join(folder, STATE), formatHeader(state));
  }, retirement(retention));
  await prune(dir, retention);
}

/** The last published state; `none` if there is none, `foreign` if it belongs to something else. */
export async function loadCheckpoint(
  dir: string,
  digest: string,
  retention: Retention,
): Promise<TrainState | "none" | "foreign"> {
  const folder = join(dir, NAME);
  if (!await recoverFolder(folder, retirement(retention))) return "none";
  const header = await readHeader(folder);
  if (header.digest !== digest) return "foreign";
  const parameters = new Map(await readModel(folder));
  const optimizer = new Map<string, StoredTensor>();
  for (const [name, tensor] of (await readSafetensors(join(folder, OPTIMIZER))).tensors) {
    if (name.startsWith("param/")) parameters.set(name.slice("param/".length), tensor);
    else optimizer.set(name, tensor);
  }
  return { ...header, parameters, optimizer };
}

/** Notes in the last published state that the held-out loss after its step has been measured. */
export async function markEvaluated(dir: string): Promise<void> {
  const folder = join(dir, NAME);
  const header = { ...await readHeader(folder), evaluated: true };
  await writeFileAtomic(join(folder, STATE), formatHeader(header));
}

/** The parameters of a checkpoint folder by name, as any model of the same parameters can use them. */
export async function readModel(folder: string): Promise<ReadonlyMap<string, StoredTensor>> {
  return (await readSafetensors(join(folder, MODEL))).tensors;
}

/** Removes every checkpoint. */
export async function removeCheckpoints(dir: string): Promise<void> {
  await recoverFolder(join(dir, NAME));
  await removeIfThere(join(dir, NAME));
  for (const { name } of await listKept(dir)) await removeIfThere(join(dir, name));
}

/** What state.json holds. */
type Header = Pick<TrainState, "step" | "digest" | "evaluated">;

function formatHeader({ step, digest, evaluated }: Header): string {
  return JSON.stringify({ step, digest, ...(evaluated ? {} : { evaluated }) }) + "\n";
}

async function readHeader(folder: string): Promise<Header> {
  const path = join(folder, STATE);
  const header: unknown = JSON.parse(await Deno.readTextFile(path));
  const { step, digest, evaluated } = header as Partial<Record<keyof Header, unknown>>;
  if (typeof step !== "number" || typeof digest !== "string") {
    throw new Error(`Cannot read ${path}: it must have a step and a digest`);
  }
  return { step, digest, evaluated: evaluated !== false };
}

function retirement({ every, keep }: Retention): Retire {
  return async (path) => {
    if (keep === 1 || every === 0 || !await isThere(join(path, STATE))) return undefined;
    const { step } = await readHeader(path);
    // One that an interruption left between two regular ones does not count.
    return step % every === 0 ? `${path}-${step}` : undefined;
  };
}

async function prune(dir: string, { keep }: Retention): Promise<void> {
  const kept = await listKept(dir);
  for (const { name } of kept.slice(0, Math.max(0, kept.length - (keep - 1)))) {
    await removeIfThere(join(dir, name));
  }
}

/** Checkpoints that were replaced and kept, the oldest first. */
async function listKept(dir: string): Promise<{ name: string; step: number }[]> {
  const found: { name: string; step: number }[] = [];
  for await (const { name } of Deno.readDir(dir)) {
    const step = new RegExp(`^${NAME}-(\\d+)$`).exec(name)?.[1];
    if (step !== undefined) found.push({ name, step: Number(step) });
  }
  return found.sort((a, b) => a.step - b.step);
}
