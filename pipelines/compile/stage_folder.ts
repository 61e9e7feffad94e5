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
import { readRecord, RECORD, removeForeign } from "./stage_record.ts";

/** Names of a stage's folders in a run folder. */
export interface StageFolder {
  /** The complete stage. */
  readonly dir: string;
  /** The stage that is being made. */
  readonly partial: string;
  /** The stage that is being replaced. */
  readonly old: string;
}

/**
 * Holds the key that a stage's folder is made for; no part of the result. It is written first and
 * removed last: by its name a folder is known for one that a run has made, whatever became of the
 * rest.
 */
export const KEY_FILE = "sluice_key";

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

/** True if a run has made the folder. Earlier versions wrote no key: there the record shows it. */
export async function isStageFolder(dir: string): Promise<boolean> {
  return await isThere(join(dir, KEY_FILE)) || await readRecord(dir) !== undefined;
}

/**
 * Removes a stage's folder if it is there. What tells it from other folders goes last: a crash in
 * between leaves one that a later run may remove.
 */
export async function removeStageFolder(dir: string): Promise<void> {
  if (!await isThere(dir)) return;
  const last = await isThere(join(dir, KEY_FILE)) ? KEY_FILE : RECORD;
  for await (const { name } of Deno.readDir(dir)) {
    if (name !== last) await removeIfThere(join(dir, name));
  }
  await removeIfThere(dir);
}

/** The key that a stage's folder is made for; undefined if there is none. */
export async function keyOf(dir: string): Promise<string | undefined> {
  const path = join(dir, KEY_FILE);
  return await isThere(path) ? await Deno.readTextFile(path) : undefined;
}

/** Makes ready the partial folder for a run with this key. What an earlier try left there stays. */
export async function openPartial({ partial }: StageFolder, key: string): Promise<void> {
  if (await keyOf(partial) === key) return;
  await removeStageFolder(partial);
  await makeFolder(partial);
  await writeFileAtomic(join(partial, KEY_FILE), key);
}

/**
 * Makes the complete folder, which is damaged, the partial one: what is whole in it need not be
 * made again. Files that are not outputs are removed, and so is a measured time that is damaged,
 * since nothing makes it again.
 */
export async function reopenStage(folder: StageFolder): Promise<void> {
  const record = await readRecord(folder.dir);
  if (record !== undefined) await removeForeign(folder.dir, record, [KEY_FILE]);
  await removeStageFolder(folder.partial);
  await moveTo(folder.dir, folder.partial);
  // Until it is gone the folder is as one that was about to be published, and goes back there.
  await removeIfThere(join(folder.partial, RECORD));
}

/** Puts the partial folder, complete and with its record, in the place of the old result. */
export async function publishStage(folder: StageFolder): Promise<void> {
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
