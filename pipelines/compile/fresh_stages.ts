/**
 * `fresh`: the stages that a run with --fresh has still to run. Interrupted, the next run goes on
 * with these.
 */

import { join } from "node:path";
import { isThere, removeIfThere, writeFileAtomic } from "../../runtime/atomic_file.ts";

/** The file's name in a run folder. It is there only while such a run is not finished. */
export const FRESH = "fresh";

/** The ids of the stages that are left; none if there is no such file. */
export async function readFresh(dir: string): Promise<Set<string>> {
  const path = join(dir, FRESH);
  if (!await isThere(path)) return new Set();
  return new Set((await Deno.readTextFile(path)).split("\n").filter((line) => line !== ""));
}

/** Notes which stages are left. */
export async function writeFresh(dir: string, ids: ReadonlySet<string>): Promise<void> {
  const path = join(dir, FRESH);
  if (ids.size === 0) await removeIfThere(path);
  else await writeFileAtomic(path, [...ids].map((id) => id + "\n").join(""));
}
