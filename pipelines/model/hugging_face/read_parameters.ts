/** The parameters of a model from a folder: one stored tensor in memory at a time. */

import { join } from "node:path";
import type { Elements } from "../../../runtime/device.ts";
import type { TensorEntry } from "../../../runtime/safetensors.ts";
import {
  openSafetensorsFolder,
  type SafetensorsFolder,
} from "../../../runtime/safetensors_folder.ts";
import type { Model } from "../model.ts";
import type { Layout } from "./layout.ts";
import { layoutOf, SLUICE } from "./layouts.ts";
import { layoutTensors, plainTensors, type TensorPlan, unpackTensor } from "./stored_tensors.ts";

/** Types of elements that weights may be stored as. */
const DTYPES = ["F32", "F16", "BF16"];
/** How many tensors an error names. */
const MAX_NAMED = 3;

/** A tensor of the model and what it is called in the files. */
interface Match {
  readonly plan: TensorPlan;
  readonly stored: string;
}

/**
 * Yields every parameter with its values. Throws an Error that names the folder or the file and
 * what is wrong; values that are not finite are.
 */
export async function* readParameters(
  folder: string,
  model: Pick<Model, "parameters">,
): AsyncGenerator<readonly [name: string, values: Float32Array]> {
  const { files, matches, twice } = await openMatching(folder, model);
  try {
    for (const { plan, stored } of matches) {
      const { data } = await files.read(stored);
      checkFinite(join(folder, files.fileOf(stored)), stored, data);
      if (twice?.embedding === stored) await checkTwice(folder, files, twice, data);
      yield* unpackTensor(plan, data);
    }
  } finally {
    files.close();
  }
}

/** Opens the files and compares names, shapes and types with the model, without reading weights. */
export async function checkParameters(
  folder: string,
  model: Pick<Model, "parameters">,
): Promise<void> {
  const { files } = await openMatching(folder, model);
  files.close();
}

async function openMatching(folder: string, { parameters }: Pick<Model, "parameters">) {
  const fail = (detail: string): never => {
    throw new Error(`Cannot load ${folder}: ${detail}`);
  };
  const config = JSON.parse(await Deno.readTextFile(join(folder, "config.json")));
  const layout = layoutOf(config.model_type) ?? fail(`it has model_type ${config.model_type}`);
  const plans = layout === SLUICE
    ? plainTensors(parameters)
    : layoutTensors(parameters, layout.name);
  if (typeof plans === "string") return fail(plans);
  const files = await openSafetensorsFolder(folder);
  try {
    const found = match(plans, layout === SLUICE ? undefined : layout, files.entries);
    return { files, ...(typeof found === "string" ? fail(found) : found) };
  } catch (error) {
    files.close();
    throw error;
  }
}

/** A stored copy of the embedding that serves as the head. */
interface Twice {
  readonly head: string;
  readonly embedding: string;
}

/** The stored tensor of each plan; in words, what does not fit. */
function match(
  plans: readonly TensorPlan[],
  layout: Layout | undefined,
  entries: ReadonlyMap<string, TensorEntry>,
): { readonly matches: readonly Match[]; readonly twice?: Twice } | string {
  const prefix = layout?.prefix ?? "";
  const bare = ![...entries.keys()].some((name) => name.startsWith(prefix));
  const storedName = (name: string) =>
    bare && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const matches = plans.map((plan) => ({ plan, stored: storedName(plan.name) }));
  const missing = matches.map(({ stored }) => stored).filter((name) => !entries.has(name));
  if (missing.length > 0) return `${listed(missing)} missing`;
  for (const { plan, stored } of matches) {
    const { shape, dtype } = entries.get(stored)!;
    if (shape.join() !== plan.shape.join()) {
      return `tensor ${stored} is [${shape}], expected [${plan.shape}]`;
    }
    if (!DTYPES.includes(dtype)) {
      return `tensor ${stored} is ${dtype}, expected one of ${DTYPES.join(", ")}`;
    }
  }
  const used = new Set(matches.map(({ stored }) => stored));
  const extra = [...entries.keys()].filter((name) =>
    !used.has(name) && !layout?.ignored.test(name)
  );
  if (extra.length === 0) return { matches };
  if (layout !== undefined && extra.join() === layout.tied.head) {
    return { matches, twice: { ...layout.tied, embedding: storedName(layout.tied.embedding) } };
  }
  return `${listed(extra)} no part of the model`;
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  const text = names.slice(0, MAX_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return names.length === 1 ? `tensor ${text} is` : `tensors ${text} are`;
}

/** With one such weight every loss is NaN, and nobody could tell why. */
function checkFinite(path: string, name: string, data: Elements): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    throw new Error(
      `Cannot load ${path}: element ${i} of tensor ${name} is ${data[i]}, expected finite numbers`,
    );
  }
}

/** A tied head that is stored all the same must be the embedding. */
async function checkTwice(
  folder: string,
  files: SafetensorsFolder,
  { head, embedding }: Twice,
  values: ArrayLike<number>,
): Promise<void> {
  const { data } = await files.read(head);
  const same = data.length === values.length &&
    data.every((value: number, i: number) => Object.is(value, values[i]));
  if (same) return;
  throw new Error(
    `Cannot load ${folder}: config.json ties the head to the embedding, but ${head} is not ` +
      `${embedding}`,
  );
}
