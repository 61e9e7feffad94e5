/** The folders of a stage: `STAGE.partial` while it runs, `STAGE` when it is complete. */

import { join } from "node:path";
import {
  isThere,
  makeFolder,
  moveTo,
  removeIfThere,
  syncFolders,
  writeFileAtomic,
} from "../../runtime/atomic_file.ts";
import { readRecord, RECORD } from "./stage_record.ts";

/** Names of a stage's folders in a run folder. */
export interface StageFolder {
  /** The complete stage. */
  readonly dir: string;
  /** The stage that is being made. */
  readonly partial: string;
  /** The stage that is being replaced. */
  readonly old: string;
}

/** Holds the key that a partial folder is made for; no part of the result. */
export const KEY_FILE = ".key";

/** The folders of stage `id`. */
export function stageFolder(runDir: string, id: string): StageFolder {
  const dir = join(runDir, id);
  return { dir, partial: `${dir}.partial`, old: `${dir}.old` };
}

/** Finishes what a crash cut in two: a complete partial folder takes its place. Comes first. */
export async function recoverStage(folder: StageFolder): Promise<void> {
  if (await readRecord(folder.partial) !== undefined) return await publishStage(folder);
  if (await isThere(folder.old)) {
    if (!await isThere(folder.dir)) await moveTo(folder.old, folder.dir);
    await removeStageFolder(folder.old);
  }
}

/**
 * Removes a stage's folder if it is there. What tells it from other folders goes last: a crash in
 * between leaves one that a later run may remove.
 */
export async function removeStageFolder(dir: string): Promise<void> {
  if (!await isThere(dir)) return;
  for await (const { name } of Deno.readDir(dir)) {
    if (name !== RECORD && name !== KEY_FILE) await removeIfThere(join(dir, name));
  }
  await removeIfThere(dir);
}

/** The key that the partial folder is made for; undefined if there is none. */
export async function partialKey({ partial }: StageFolder): Promise<string | undefined> {
  const keyFile = join(partial, KEY_FILE);
  return await isThere(keyFile) ? await Deno.readTextFile(keyFile) : undefined;
}

/** The partial folder for a run with this key. True if it holds what an earlier try left there. */
export async function openPartial(folder: StageFolder, key: string): Promise<boolean> {
  if (await partialKey(folder) === key) return true;
  await removeStageFolder(folder.partial);
  await makeFolder(folder.partial);
  await writeFileAtomic(join(folder.partial, KEY_FILE), key);
  return false;
}

/** Puts the partial folder, complete and with its record, in the place of the old result. */
export async function publishStage(folder: StageFolder): Promise<void> {
  await removeIfThere(join(folder.partial, KEY_FILE));
  await syncFolders(folder.partial);
  try {
    if (await isThere(folder.dir)) {
      await removeStageFolder(folder.old);
      await moveTo(folder.dir, folder.old);
    }
    await moveTo(folder.partial, folder.dir);
  } catch (error) {
    // The old result takes its place again; if it cannot, the next run sees to it.
    if (!await isThere(folder.dir)) await moveTo(folder.old, folder.dir).catch(() => {});
    throw error;
  }
  await removeStageFolder(folder.old);
}
