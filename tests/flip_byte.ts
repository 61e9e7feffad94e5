/** Damage that a disk does: a bit that is not what was written. */

/** Flips a bit of the byte `at` of a file (from the end if negative), which keeps its time. */
export async function flipByte(path: string, at: number): Promise<void> {
  const { mtime } = await Deno.stat(path);
  const bytes = await Deno.readFile(path);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  await Deno.writeFile(path, bytes);
  if (mtime !== null) await Deno.utime(path, mtime, mtime);
}
