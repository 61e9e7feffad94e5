/** `STAGE/stage.json`: what a finished stage was made from, and what it made. */

import { join } from "node:path";
import { TEMPORARY_SUFFIX, writeFileAtomic } from "../../runtime/atomic_file.ts";
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
  const [outputs, bytes]: [Record<string, string>, Record<string, number>] = [{}, {}];
  for (const path of await filesBelow(dir)) {
    if (path === RECORD || except.includes(path)) continue;
    if (path.endsWith(TEMPORARY_SUFFIX)) {
      await Deno.remove(join(dir, path));
      continue;
    }
    const digest = await digestFile(join(dir, path));
    outputs[path] = digest.sha256;
    bytes[path] = digest.bytes;
  }
  const record = { ...made, outputs, bytes };
  await writeFileAtomic(join(dir, RECORD), JSON.stringify(record, null, 2) + "\n");
  return record;
}

/** The record of a stage's folder, undefined if there is none that can be read. */
export async function readRecord(dir: string): Promise<StageRecord | undefined> {
  try {
    const record: unknown = JSON.parse(await Deno.readTextFile(join(dir, RECORD)));
    return isRecord(record) ? record : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isRecord(value: unknown): value is StageRecord {
  if (typeof value !== "object" || value === null) return false;
  const { key, outputs, bytes, metrics } = value as Partial<StageRecord>;
  return typeof key === "string" &&
    [outputs, bytes, metrics].every((part) => typeof part === "object" && part !== null);
}

/** The digest of a finished stage for the keys of those that read it. */
export function outputDigest({ key, outputs }: StageRecord): string {
  const steady = Object.entries(outputs).filter(([path]) => !VARYING.includes(path));
  return digestValue({ key, outputs: Object.fromEntries(steady) });
}

/** What is wrong with the files of a folder, compared with its record; undefined if nothing. */
export async function findDamage(dir: string, record: StageRecord): Promise<string | undefined> {
  for (const [path, size] of Object.entries(record.bytes)) {
    try {
      const info = await Deno.stat(join(dir, path));
      if (info.size !== size) return `output ${path} has ${info.size} bytes, not ${size}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return `output ${path} is missing`;
    }
  }
  return undefined;
}
