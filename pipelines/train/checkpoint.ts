/**
 * Checkpoints: `checkpoint/` in the layout of Hugging Face (config.json, tokenizer.json,
 * model.safetensors) with a `state/` from which training goes on. It is replaced as a whole.
 * `state/state.json` holds the digests of the other files, of the metrics so far and of itself:
 * training goes on only from what is as it was written.
 */

import { join } from "node:path";
import {
  isThere,
  makeFolder,
  moveTo,
  recoverFolder,
  removeIfThere,
  type Retire,
  writeFileAtomic,
  writeFolderAtomic,
} from "../../runtime/atomic_file.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../runtime/safetensors.ts";
import { digestFiles, findChange } from "../compile/folder_digests.ts";
import { packTensor, type TensorPlan, unpackTensor } from "../model/hugging_face/stored_tensors.ts";
import { type CheckpointHeader, formatHeader, parseHeader, STATE } from "./checkpoint_header.ts";
import { findMetricsDamage } from "./metrics_lines.ts";

/** Everything that training goes on from. Batches and rates follow from the step and the seed. */
export interface TrainState extends Omit<CheckpointHeader, "files"> {
  /** By the parameter's name. */
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  /** By the buffer's name, e.g. `m/layers.0.attention.q.weight`. */
  readonly optimizer: ReadonlyMap<string, StoredTensor>;
}

/** How the model of a checkpoint is kept. */
export interface ModelFiles {
  /** Texts by the name of the file: config.json and those of the tokenizer. */
  readonly texts: Readonly<Record<string, string>>;
  /** The tensors of model.safetensors, made of the parameters. */
  readonly tensors: readonly TensorPlan[];
}

/** Which checkpoints stay when a later one is published. */
export interface Retention {
  /** Steps between the checkpoints that count; 0: none but the last. */
  readonly every: number;
  /** How many of those are kept, the latest included. */
  readonly keep: number;
}

const NAME = "checkpoint";
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
    await makeFolder(join(folder, "state"));
    for (const [name, text] of Object.entries(files.texts)) {
      await writeFileAtomic(join(folder, name), text);
    }
    const values = new Map([...state.parameters].map(([name, { data }]) => [name, data]));
    const tensors = files.tensors.map((plan) => [plan.name, packTensor(plan, values)] as const);
    await writeSafetensors(join(folder, MODEL), new Map(tensors), { format: "pt" });
    const exact = [...state.parameters].filter(([, { data }]) => data instanceof Float64Array);
    const kept = exact.map(([name, tensor]): [string, StoredTensor] => [`param/${name}`, tensor]);
    await writeSafetensors(join(folder, OPTIMIZER), new Map([...state.optimizer, ...kept]));
    const digests = await digestFiles(folder);
    await writeFileAtomic(join(folder, STATE), formatHeader({ ...state, files: digests }));
  }, retirement(retention));
  await prune(dir, retention);
}

/**
 * The last published state; `none` if there is none, `foreign` if it belongs to something else,
 * `damaged` if no checkpoint is whole. One that is not whole is told to `log`, and the one that was
 * kept before it takes its place. Of those before that one, any whose weights are damaged are
 * removed.
 */
export async function loadCheckpoint(
  dir: string,
  digest: string,
  files: ModelFiles,
  retention: Retention,
  log: (line: string) => void,
): Promise<TrainState | "none" | "foreign" | "damaged"> {
  const folder = join(dir, NAME);
  await recoverFolder(folder, retirement(retention));
  const kept = (await listKept(dir)).map(({ name }) => name).reverse();
  const names = await isThere(folder) ? [NAME, ...kept] : kept;
  for (const name of names) {
    const header = await readHeader(join(dir, name));
    if (header !== undefined && header.digest !== digest) return "foreign";
    const damage = header === undefined
      ? `${STATE} cannot be read`
      : await findChange(join(dir, name), header.files) ?? await findMetricsDamage(dir, header);
    if (header === undefined || damage !== undefined) {
      log(`${name} cannot be used: ${damage}`);
      continue;
    }
    for (const before of names.slice(0, names.indexOf(name))) {
      await removeIfThere(join(dir, before));
    }
    if (name !== NAME) await moveTo(join(dir, name), folder);
    await removeUseless(dir, names.slice(names.indexOf(name) + 1), log);
    return await readState(folder, header, files);
  }
  return names.length === 0 ? "none" : "damaged";
}

/**
 * Removes those of the checkpoints whose weights are not as they were written. What else was
 * changed may be on purpose, and training never makes these again: such a checkpoint stays as it
 * is.
 */
async function removeUseless(
  dir: string,
  names: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  for (const name of names) {
    const header = await readHeader(join(dir, name));
    const damage = header === undefined
      ? `${STATE} cannot be read`
      : await findChange(join(dir, name), header.files);
    if (damage === undefined) continue;
    const { [MODEL]: weights } = header?.files ?? {};
    const useless = weights !== undefined &&
      await findChange(join(dir, name), { [MODEL]: weights }) !== undefined;
    log(`${useless ? "removes" : "keeps"} ${name}: ${damage}`);
    if (useless) await removeIfThere(join(dir, name));
  }
}

async function readState(
  folder: string,
  header: CheckpointHeader,
  { tensors }: ModelFiles,
): Promise<TrainState> {
  const stored = (await readSafetensors(join(folder, MODEL))).tensors;
  const parameters = new Map<string, StoredTensor>();
  for (const plan of tensors) {
    const data = stored.get(plan.name)?.data;
    if (data === undefined) {
      throw new Error(`Cannot read ${join(folder, MODEL)}: it has no ${plan.name}`);
    }
    const shapes = new Map(plan.parts.map(({ parameter, shape }) => [parameter, shape]));
    for (const [name, values] of unpackTensor(plan, data)) {
      parameters.set(name, { shape: shapes.get(name)!, data: values });
    }
  }
  const optimizer = new Map<string, StoredTensor>();
  for (const [name, tensor] of (await readSafetensors(join(folder, OPTIMIZER))).tensors) {
    if (name.startsWith("param/")) parameters.set(name.slice("param/".length), tensor);
    else optimizer.set(name, tensor);
  }
  return { ...header, parameters, optimizer };
}

/**
 * Notes in the last published state that the held-out loss after its step has been measured;
 * `metrics` is the digest of the lines with it.
 */
export async function markEvaluated(dir: string, metrics: string): Promise<void> {
  const folder = join(dir, NAME);
  const header = await readHeader(folder);
  if (header === undefined) throw new Error(`Cannot read ${join(folder, STATE)}: it is damaged`);
  const evaluated = { ...header, evaluated: true, metrics };
  await writeFileAtomic(join(folder, STATE), formatHeader(evaluated));
}

/** Removes every checkpoint. */
export async function removeCheckpoints(dir: string): Promise<void> {
  await recoverFolder(join(dir, NAME));
  await removeIfThere(join(dir, NAME));
  for (const { name } of await listKept(dir)) await removeIfThere(join(dir, name));
}

/** Undefined if there is no state.json, or not as it was written. */
async function readHeader(folder: string): Promise<CheckpointHeader | undefined> {
  const path = join(folder, STATE);
  return await isThere(path) ? parseHeader(await Deno.readTextFile(path)) : undefined;
}

function retirement({ every, keep }: Retention): Retire {
  return async (path) => {
    if (keep === 1 || every === 0) return undefined;
    const header = await readHeader(path);
    // One that an interruption left between two regular ones does not count.
    return header && header.step % every === 0 ? `${path}-${header.step}` : undefined;
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
