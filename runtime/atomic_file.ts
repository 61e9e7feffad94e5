/**
 * Files and folders that appear whole or not at all. Content is written under a temporary name in
 * the same folder, flushed to the disk and renamed, so a crash at any point leaves either the old
 * content or the new one under the final name; the folder is flushed too, so a name that has been
 * given survives a loss of power. What the system refuses is a WriteError.
 */

import { dirname, join } from "node:path";
import { syncFolder, writeAll, writing } from "./writing.ts";

/**
 * Suffix of files and folders that are still being written; such names may be deleted at leisure.
 */
export const TEMPORARY_SUFFIX = ".tmp";
/** Suffix of a complete folder that is about to take its final name. */
const COMPLETE_SUFFIX = ".new";
/** Suffix of the folder that a new one is replacing. */
const REPLACED_SUFFIX = ".old";

/** What a file is made of: one text or one block of bytes, or blocks in order. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/**
 * A file that is being written under a temporary name. Disposed of before it is closed, it is gone.
 */
export interface AtomicFile extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes the file and puts it in place under its name. */
  close(): Promise<void>;
}

/** Begins a file. The folder must exist. */
export async function createFileAtomic(path: string): Promise<AtomicFile> {
  const temporary = path + TEMPORARY_SUFFIX;
  const what = `write ${path}`;
  const options = { write: true, create: true, truncate: true };
  const file = await writing(what, () => Deno.open(temporary, options));
  let open = true;
  let placed = false;
  const end = () => {
    if (open) file.close();
    open = false;
  };
  return {
    write: (bytes) => writeAll(path, file, bytes),
    async close() {
      await writing(what, () => file.sync());
      end();
      await moveTo(temporary, path);
      placed = true;
    },
    async [Symbol.asyncDispose]() {
      end();
      // Whoever disposes of a file before its end has an error to tell, which this must not hide.
      if (!placed) await removeIfThere(temporary).catch(() => {});
    },
  };
}

/** Writes a file: temporary name, flush, rename. The folder must exist. */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  await using file = await createFileAtomic(path);
  for (const block of blocksOf(content)) await file.write(block);
  await file.close();
}

/** Makes a folder; one that is there is an error. */
export async function makeFolder(path: string): Promise<void> {
  await writing(`make the folder ${path}`, () => Deno.mkdir(path));
}

/** Gives a file or a folder another name, for good: it keeps it after a loss of power. */
export async function moveTo(from: string, to: string): Promise<void> {
  await writing(`write ${to}`, () => Deno.rename(from, to));
  await syncFolder(dirname(to));
}

/**
 * The path under which a folder that is being replaced is to stay; undefined: it is removed. It is
 * asked while the folder still stands at `path`.
 */
export type Retire = (path: string) => Promise<string | undefined>;

/**
 * Puts a folder in place, replacing what stands there: `fill` writes its files into the folder it
 * is given; if it fails, they are removed. A reader that first calls `recoverFolder` finds either
 * the whole old folder or the whole new one.
 */
export async function writeFolderAtomic(
  path: string,
  fill: (folder: string) => Promise<void>,
  retire?: Retire,
): Promise<void> {
  await recoverFolder(path, retire);
  const temporary = path + TEMPORARY_SUFFIX;
  await removeIfThere(temporary);
  await makeFolder(temporary);
  try {
    await fill(temporary);
    await syncFolders(temporary);
    await moveTo(temporary, path + COMPLETE_SUFFIX);
  } catch (error) {
    // It may be what fills the disk. The error to tell is the first one.
    await removeIfThere(temporary).catch(() => {});
    throw error;
  }
  await recoverFolder(path, retire);
}

/**
 * Finishes what a crash inside `writeFolderAtomic` left half done: a complete new folder takes its
 * final name, remains are removed. Returns true if the folder exists afterwards.
 */
export async function recoverFolder(path: string, retire?: Retire): Promise<boolean> {
  if (await isThere(path + COMPLETE_SUFFIX)) {
    if (await isThere(path)) {
      const retired = await retire?.(path) ?? path + REPLACED_SUFFIX;
      await removeIfThere(retired);
      await moveTo(path, retired);
    }
    await moveTo(path + COMPLETE_SUFFIX, path);
  }
  await removeIfThere(path + REPLACED_SUFFIX);
  await removeIfThere(path + TEMPORARY_SUFFIX);
  return await isThere(path);
}

function blocksOf(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/** Flushes the names of a folder and of all folders below it. */
export async function syncFolders(path: string): Promise<void> {
  for await (const entry of Deno.readDir(path)) {
    if (entry.isDirectory) await syncFolders(join(path, entry.name));
  }
  await syncFolder(path);
}

/** True if a file or folder of that name exists. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    const { NotADirectory, NotFound } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return false;
    throw error;
  }
}

/** Removes a file or a folder with everything in it; nothing there is fine. */
export async function removeIfThere(path: string): Promise<void> {
  await writing(`remove ${path}`, async () => {
    try {
      await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  });
}
