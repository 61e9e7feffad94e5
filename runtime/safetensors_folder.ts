/**
 * The weights of a Hugging Face folder: one `model.safetensors`, or several files (shards) that
 * `model.safetensors.index.json` lists.
 */

import { join } from "node:path";
import {
  openSafetensors,
  type SafetensorsFile,
  type StoredTensor,
  type TensorEntry,
} from "./safetensors.ts";

/** The tensors of a folder, of which only the headers have been read. */
export interface SafetensorsFolder {
  /** By name. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** The name of the file that holds a tensor. */
  fileOf(name: string): string;
  /** Reads one tensor, as `SafetensorsFile` does. */
  read(name: string): Promise<StoredTensor>;
  close(): void;
}

/** The file with all weights. It goes before an index. */
export const WEIGHTS = "model.safetensors";
/** The list of the shards. */
export const INDEX = "model.safetensors.index.json";

/**
 * Names of the shards in the text of an index, sorted. Throws an Error that names `path` and what
 * is wrong with it.
 */
export function shardsOf(path: string, index: string): readonly string[] {
  return [...new Set(weightMap(path, index).values())].sort();
}

/** Opens the weights of a folder; close them when done. Throws an Error that says what is wrong. */
export async function openSafetensorsFolder(folder: string): Promise<SafetensorsFolder> {
  const files = new Map<string, SafetensorsFile>();
  const close = () => files.forEach((file) => file.close());
  try {
    const index = await readIndex(folder);
    for (const name of index === undefined ? [WEIGHTS] : new Set(index.values())) {
      files.set(name, await openFile(join(folder, name)));
    }
    const places = index ??
      new Map([...files.get(WEIGHTS)!.entries.keys()].map((n) => [n, WEIGHTS]));
    const entries = new Map<string, TensorEntry>();
    for (const [name, file] of places) {
      const entry = files.get(file)!.entries.get(name);
      if (entry === undefined) {
        throw new Error(
          `Cannot read ${join(folder, file)}: it has no ${name}, which ${INDEX} lists`,
        );
      }
      entries.set(name, entry);
    }
    for (const [file, { entries: held }] of files) {
      const extra = [...held.keys()].find((name) => places.get(name) !== file);
      if (extra === undefined) continue;
      throw new Error(
        `Cannot read ${join(folder, file)}: it has ${extra}, which ${INDEX} does not list there`,
      );
    }
    const fileOf = (name: string) => places.get(name)!;
    return { entries, fileOf, read: (name) => files.get(fileOf(name))!.read(name), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The shard of each tensor; undefined if all are in one file. */
async function readIndex(folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  if (await isFile(join(folder, WEIGHTS))) return undefined;
  const path = join(folder, INDEX);
  try {
    return weightMap(path, await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot read ${folder}: it has neither ${WEIGHTS} nor ${INDEX}`);
  }
}

function weightMap(path: string, text: string): ReadonlyMap<string, string> {
  const fail = (detail: string): never => {
    throw new Error(`Cannot read ${path}: ${detail}`);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail("it is not JSON");
  }
  const map: unknown = typeof json === "object" && json !== null && "weight_map" in json
    ? json.weight_map
    : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    return fail("it has no weight_map of tensors to files");
  }
  return new Map(
    Object.entries(map).map(([name, file]): [string, string] => {
      if (typeof file === "string" && /^[^/\\]+\.safetensors$/.test(file)) return [name, file];
      return fail(
        `tensor ${name} is in ${JSON.stringify(file)}, expected a .safetensors file of the folder`,
      );
    }),
  );
}

async function openFile(path: string): Promise<SafetensorsFile> {
  try {
    return await openSafetensors(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot read ${path}: there is no such file`);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    // A run may look only at what was there when its rights were decided.
    const { NotCapable, NotFound } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotCapable) return false;
    throw error;
  }
}
