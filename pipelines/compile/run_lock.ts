/** One writer per run folder. */

import { join } from "node:path";
import { isThere } from "../../runtime/atomic_file.ts";
import { writeAll, writing } from "../../runtime/writing.ts";

/** The name of the lock in a run folder. */
export const LOCK = "lock";

/** A held lock. */
export interface RunLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a run folder. The file `lock` holds the pid of its writer, for people and
 * scripts; the lock itself is the operating system's, on the open file. So it ends with the
 * process, however that ends, and a file that a dead process left behind is taken over.
 */
export async function lockRun(dir: string): Promise<RunLock> {
  const path = join(dir, LOCK);
  for (;;) {
    const options = { read: true, write: true, create: true };
    const file = await writing(`write ${path}`, () => Deno.open(path, options));
    try {
      if (!await writing(`lock ${path}`, () => file.tryLock(true))) {
        const pid = (await Deno.readTextFile(path)).trim();
        throw new Error(
          `Cannot run in ${dir}: process ${pid} is running there, wait for its end or stop it`,
        );
      }
      // Between open and lock another process may have removed the file: its lock would guard
      // nothing.
      if (!await isThere(path) || (await Deno.stat(path)).ino !== (await file.stat()).ino) {
        file.close();
        continue;
      }
      await writing(`write ${path}`, () => file.truncate());
      await writeAll(path, file, new TextEncoder().encode(`${Deno.pid}\n`));
    } catch (error) {
      file.close();
      throw error;
    }
    return {
      async release() {
        // A file that cannot be removed is as one that a dead process left: the next run takes it
        // over.
        await Deno.remove(path).catch(() => {});
        file.close();
      },
    };
  }
}
