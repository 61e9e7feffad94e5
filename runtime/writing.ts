/**
 * Changes to the disk: what the system refuses becomes an error that says what could not be
 * written.
 */

import { systemReason } from "./system_reason.ts";

/**
 * Thrown when the system refuses a change to the disk; its message is `Cannot write PATH: reason`.
 */
export class WriteError extends Error {
  override readonly name = "WriteError";
}

/**
 * Runs `action`, which changes the disk. An error of the system becomes a WriteError
 * `Cannot WHAT: reason`; any other error passes. `what` is such as `write PATH`.
 */
export async function writing<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const reason = error instanceof WriteError ? undefined : systemReason(error);
    if (reason === undefined) throw error;
    throw new WriteError(`Cannot ${what}: ${reason}`, { cause: error });
  }
}

/** Writes all bytes, in as many parts as the system takes. `path` is for errors. */
export async function writeAll(
  path: string,
  file: Pick<Deno.FsFile, "write">,
  bytes: Uint8Array,
): Promise<void> {
  await writing(`write ${path}`, async () => {
    for (let at = 0; at < bytes.length;) {
      const count = await file.write(bytes.subarray(at));
      if (count === 0) throw new WriteError(`Cannot write ${path}: the device takes no more bytes`);
      at += count;
    }
  });
}

/** Of file systems that have nothing to flush for a folder. */
const NEEDLESS = ["EINVAL", "ENOTSUP", "EISDIR"];

/**
 * Flushes a folder, so that the names in it survive a loss of power. Windows has no such call;
 * there the file system's journal keeps names and their order.
 */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  await writing(`write ${path}`, async () => {
    using folder = await Deno.open(path);
    try {
      await folder.sync();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (!NEEDLESS.includes(code)) throw error;
    }
  });
}
