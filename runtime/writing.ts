/** Changes to the disk: what the system refuses becomes an error that says what could not be written. */

/** Thrown when the system refuses a change to the disk; its message is `Cannot write PATH: reason`. */
export class WriteError extends Error {
  override readonly name = "WriteError";
}

/** What people call the refusals that are to be expected. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is too large for the file system",
  EIO: "input/output error",
  EMFILE: "too many open files",
  ENOENT: "there is no such folder",
  ENOSPC: "no space left on the device",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
};

/**
 * Runs `action`, which changes the disk. An error of the system becomes a WriteError
 * `Cannot WHAT: reason`; any other error passes. `what` is such as `write PATH`.
 */
export async function writing<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    throw new WriteError(`Cannot ${what}: ${reason}`, { cause: error });
  }
}

/** Why the system refused; undefined if the error is not one of the system. */
function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof WriteError) return undefined;
  const code = "code" in error ? String(error.code) : undefined;
  if (code !== undefined && Object.hasOwn(REASONS, code)) return REASONS[code];
  const [, said] = /^(.*) \(os error \d+\)/.exec(error.message) ?? [];
  return said?.toLowerCase();
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
 * Flushes a folder, so that the names in it survive a loss of power. Windows has no such call; there
 * the file system's journal keeps names and their order.
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
