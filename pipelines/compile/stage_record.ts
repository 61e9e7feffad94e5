/**
 * `STAGE/stage.json`: what a finished stage was made from, and what it made. It ends with the
 * digest of itself, so one that is damaged counts as none.
 */

import { join } from "node:path";
import { removeIfThere, TEMPORARY_SUFFIX, writeFileAtomic } from "../../runtime/atomic_file.ts";
import { digestFile, digestValue, filesBelow } from "./digest.ts";
import type { StageKeyParts } from "./stage_key.ts";
import type { Metrics } from "./stage_kind.ts";

/** The content of a stage.json. It is written last, so a folder that has one is complete. */
export interface StageRecord extends StageKeyParts {
  readonly key: string;
  /** SHA-256 of each file of the folder, by path. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Size of each file of the folder. */
  readonly bytes: Readonly<Record<string, number>>;
  readonly metrics: Metrics;
  /** Wall time of the run that made it; of its last part if it was resumed. */
  readonly seconds: number;
}

/** The record's name in a stage's folder. */
export const RECORD = "stage.json";
/** The trace of a stage that was profiled: no part of its result, and not in its record. */
export const TRACE = "trace.json";
/** Outputs that differ from run to run: what reads the stage does not depend on them. */
const VARYING = ["timing.jsonl"];

/**
 * Digests the files of a stage's folder, all but those of the names `except`, and writes its
 * stage.json. Files that a crash left under a temporary name are removed.
 */
export async function writeRecord(
  dir: string,
  made: Omit<StageRecord, "outputs" | "bytes">,
  except: readonly string[] = [],
): Promise<StageRecord> {
  const outputs: Record<string, string> = {};
  const bytes: Record<string, number> = {};
  for (const path of await filesBelow(dir)) {
    if (path === RECORD || except.includes(path)) continue;
    if (path.endsWith(TEMPORARY_SUFFIX)) {
      await removeIfThere(join(dir, path));
      continue;
    }
    const digest = await digestFile(join(dir, path));
    outputs[path] = digest.sha256;
    bytes[path] = digest.bytes;
  }
  const record = { ...made, outputs, bytes };
  const text = JSON.stringify({ ...record, sha256: digestValue(record) }, null, 2) + "\n";
  await writeFileAtomic(join(dir, RECORD), text);
  return record;
}

/** The record of a stage's folder, undefined if there is none that can be used. */
export async function readRecord(dir: string): Promise<StageRecord | undefined> {
  const content = await readJson(dir);
  if (!isMap(content)) return undefined;
  const { sha256, ...record } = content;
  return isRecord(record) && sha256 === digestValue(record) ? record : undefined;
}

async function readJson(dir: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(join(dir, RECORD)));
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (absent || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What each part of a record is; a record of another version may lack some. */
const PARTS: { readonly [Part in keyof Required<StageRecord>]: (value: unknown) => boolean } = {
  key: isString,
  kind: isString,
  config: (value) => value !== undefined,
  seed: isNumber,
  inputs: (value) => isMapOf(value, isString),
  files: (value) =>
    Array.isArray(value) &&
    value.every((file) => isMap(file) && isString(file.name) && isString(file.sha256)),
  sources: isString,
  versions: (value) => isMapOf(value, isString),
  compute: (value) => value === undefined || isMap(value),
  outputs: (value) => isMapOf(value, isString),
  bytes: (value) => isMapOf(value, isNumber),
  metrics: isMap,
  seconds: isNumber,
};

function isRecord(value: unknown): value is StageRecord {
  if (!isMap(value)) return false;
  if (!Object.entries(PARTS).every(([part, isRight]) => isRight(value[part]))) return false;
  const { outputs, bytes } = value as unknown as StageRecord;
  return Object.keys(outputs).every((path) => path in bytes);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isMapOf(value: unknown, isRight: (value: unknown) => boolean): boolean {
  return isMap(value) && Object.values(value).every(isRight);
}

/** The digest of a finished stage for the keys of those that read it. */
export function outputDigest({ key, outputs }: StageRecord): string {
  const steady = Object.entries(outputs).filter(([path]) => !VARYING.includes(path));
  return digestValue({ key, outputs: Object.fromEntries(steady) });
}

/**
 * What is wrong with the files of a folder, compared with its record; undefined if nothing. All of
 * them are digested: a disk may give other bytes than were written without a change of size or
 * time. `onFile` hears how many bytes are read, and how many there are.
 */
export async function findDamage(
  dir: string,
  { outputs, bytes }: StageRecord,
  onFile: (done: number, total: number) => void = () => {},
): Promise<string | undefined> {
  const total = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (const [path, sha256] of Object.entries(outputs)) {
    onFile(done, total);
    const damage = await damageOf(dir, path, sha256, bytes[path]);
    if (damage !== undefined) return damage;
    done += bytes[path];
  }
  return undefined;
}

async function damageOf(
  dir: string,
  path: string,
  sha256: string,
  size: number,
): Promise<string | undefined> {
  try {
    const info = await Deno.stat(join(dir, path));
    if (info.size !== size) return `output ${path} has ${info.size} bytes, not ${size}`;
    if ((await digestFile(join(dir, path))).sha256 !== sha256) return `output ${path} changed`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `output ${path} is missing`;
  }
  return undefined;
}

/**
 * Removes what a stage would take over for its own and never make again: files that the record does
 * not list, all but those of the names `except`, and measured times that are not as it has them.
 */
export async function removeForeign(
  dir: string,
  { outputs, bytes }: StageRecord,
  except: readonly string[],
): Promise<void> {
  for (const path of await filesBelow(dir)) {
    if (path === RECORD || except.includes(path) || Object.hasOwn(outputs, path)) continue;
    await removeIfThere(join(dir, path));
  }
  for (const path of VARYING) {
    if (!Object.hasOwn(outputs, path)) continue;
    const damage = await damageOf(dir, path, outputs[path], bytes[path]);
    if (damage !== undefined) await removeIfThere(join(dir, path));
  }
}
