/**
 * Files and folders that appear whole or not at all. Content is written under a temporary name in
 * the same folder, flushed to the disk and renamed, so a crash at any point leaves either the old
 * content or the new one under the final name.
 */

/** Suffix of files and folders that are still being written; such names may be deleted at leisure. */
export const TEMPORARY_SUFFIX = ".tmp";
/** Suffix of a complete folder that is about to take its final name. */
const COMPLETE_SUFFIX = ".new";
/** Suffix of the folder that a new one is replacing. */
const REPLACED_SUFFIX = ".old";

/** What a file is made of: one text or one block of bytes, or blocks in order. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/** Writes a file: temporary name, flush, rename. The folder must exist. */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  const temporary = path + TEMPORARY_SUFFIX;
  const file = await Deno.open(temporary, { write: true, create: true, truncate: true });
  try {
    for (const block of blocksOf(content)) await writeAll(file, block);
    await file.sync();
  } finally {
    file.close();
  }
  await Deno.rename(temporary, path);
}

/**
 * The path under which a folder that is being replaced is to stay; undefined: it is removed. It is
 * asked while the folder still stands at `path`.
 */
export type Retire = (path: string) => Promise<string | undefined>;

/**
 * Puts a folder in place, replacing what stands there: `fill` writes its files into the folder it is
 * given. A reader that first calls `recoverFolder` finds either the whole old folder or the whole new one.
 */
export async function writeFolderAtomic(
  path: string,
  fill: (folder: string) => Promise<void>,
  retire?: Retire,
): Promise<void> {
  await recoverFolder(path, retire);
  const temporary = path + TEMPORARY_SUFFIX;
  await removeIfThere(temporary);
  await Deno.mkdir(temporary);
  await fill(temporary);
  await Deno.rename(temporary, path + COMPLETE_SUFFIX);
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
      await Deno.rename(path, retired);
    }
    await Deno.rename(path + COMPLETE_SUFFIX, path);
  }
  await removeIfThere(path + REPLACED_SUFFIX);
  await removeIfThere(path + TEMPORARY_SUFFIX);
  return await isThere(path);
}

function blocksOf(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeAll(file: Deno.FsFile, block: Uint8Array): Promise<void> {
  let written = 0;
  while (written < block.length) written += await file.write(block.subarray(written));
}

/** True if a file or folder of that name exists. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Removes a file or a folder with everything in it; nothing there is fine. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
