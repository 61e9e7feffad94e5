/** The folders of a stage: `STAGE.partial` while it runs, `STAGE` when it is complete. */

import { join } from "node:path";
import { isThere, removeIfThere, writeFileAtomic } from "../../runtime/atomic_file.ts";
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

/** Throws if one of the folders is there and is not a stage's: it would be replaced. */
export async function refuseForeign({ dir, partial }: StageFolder): Promise<void> {
  for (const [folder, marks] of [[dir, [RECORD]], [partial, [RECORD, KEY_FILE]]] as const) {
    if (!await isThere(folder)) continue;
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    if (names.length > 0 && !marks.some((mark) => names.includes(mark))) {
      throw new Error(
        `Cannot write to ${folder}: it has ${names.sort()[0]} but no ${marks.join(" or ")}, ` +
          "so it is not a stage's folder; move it away or choose another --out",
      );
    }
  }
}

/** Finishes what a crash cut in two: a complete partial folder takes its place. Comes first. */
export async function recoverStage(folder: StageFolder): Promise<void> {
  if (await readRecord(folder.partial) !== undefined) return await publishStage(folder);
  if (await isThere(folder.old)) {
    if (!await isThere(folder.dir)) await Deno.rename(folder.old, folder.dir);
    await removeIfThere(folder.old);
  }
}

/** The partial folder for a run with this key. True if it holds what an earlier try left there. */
export async function openPartial(folder: StageFolder, key: string): Promise<boolean> {
  const keyFile = join(folder.partial, KEY_FILE);
  if (await isThere(keyFile) && await Deno.readTextFile(keyFile) === key) return true;
  await removeIfThere(folder.partial);
  await Deno.mkdir(folder.partial);
  await writeFileAtomic(keyFile, key);
  return false;
}

/** Puts the partial folder, complete and with its record, in the place of the old result. */
export async function publishStage(folder: StageFolder): Promise<void> {
  await removeIfThere(join(folder.partial, KEY_FILE));
  if (await isThere(folder.dir)) {
    await removeIfThere(folder.old);
    await Deno.rename(folder.dir, folder.old);
  }
  await Deno.rename(folder.partial, folder.dir);
  await removeIfThere(folder.old);
}
