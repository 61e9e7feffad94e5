/** Files in a folder that is new or empty: a project, a package. */

import { dirname, join } from "node:path";
import { syncFolders, writeFileAtomic } from "../../runtime/atomic_file.ts";
import { messageOf, systemReason } from "../../runtime/system_reason.ts";
import { WriteError } from "../../runtime/writing.ts";

/** Files of a folder that a message names at most. */
const MAX_NAMED = 3;

/**
 * Makes a folder with these files, texts by path. They are written beside their places first, so a
 * failure leaves no file: a new folder appears by one rename, into an empty one that is there the
 * files are moved. Throws an Error `Cannot WHAT in FOLDER: reason`; a folder that holds something
 * is one.
 */
export async function fillNewFolder(
  what: string,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const place = `${what} in ${folder}`;
  const isThere = await insistOnEmpty(place, folder);
  const parent = isThere ? folder : dirname(folder);
  const staging = join(parent, `.sluice-${crypto.randomUUID()}.tmp`);
  const moved: string[] = [];
  try {
    await Deno.mkdir(staging, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(staging, path)), { recursive: true });
      await writeFileAtomic(join(staging, path), text);
    }
    await syncFolders(staging);
    if (!isThere) return await Deno.rename(staging, folder);
    for (const name of new Set(Object.keys(files).map((path) => path.split("/")[0]))) {
      await Deno.rename(join(staging, name), join(folder, name));
      moved.push(join(folder, name));
    }
    await Deno.remove(staging);
  } catch (error) {
    for (const path of [...moved, staging]) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
    // Where it was written first says nothing to people.
    const reason = systemReason(error instanceof WriteError ? error.cause : error);
    throw new Error(`Cannot ${place}: ${reason ?? messageOf(error)}`, { cause: error });
  }
}

/** Whether the folder is there; an error where it holds something or is no folder. */
async function insistOnEmpty(place: string, folder: string): Promise<boolean> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    const reason = error instanceof Deno.errors.NotADirectory
      ? "it is a file, expected a new or empty folder"
      : systemReason(error) ?? messageOf(error);
    throw new Error(`Cannot ${place}: ${reason}`, { cause: error });
  }
  if (names.length === 0) return true;
  const named = names.sort().slice(0, MAX_NAMED).join(", ") +
    (names.length > MAX_NAMED ? ", ..." : "");
  throw new Error(`Cannot ${place}: it holds ${named}, expected a new or empty folder`);
}
