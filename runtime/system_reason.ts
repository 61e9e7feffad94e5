/** Why the system refused to read or write, in words. */

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

/** The reason that an error of the system gives; undefined if the error is another one. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof Deno.errors.NotCapable) return "Deno denies access to it";
  const code = "code" in error ? String(error.code) : undefined;
  if (code !== undefined && Object.hasOwn(REASONS, code)) return REASONS[code];
  const [, said] = /^(.*) \(os error \d+\)/.exec(error.message) ?? [];
  return said?.toLowerCase();
}

/**
 * What an error says to people. Deno's hint to give a program more rights helps nobody who runs a
 * task.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof Deno.errors.NotCapable)) return error.message;
  const [, access, target] = /^Requires (\w+) access to "?(.*?)"?, run again/.exec(error.message) ??
    [];
  const verb = access === "read" || access === "write" ? access : "use";
  return `Cannot ${verb} ${target ?? "what this needs"}: ${systemReason(error)}`;
}
