/** One writer per run folder. */

import { join } from "node:path";
import { isThere, removeIfThere } from "../../runtime/atomic_file.ts";

/** The name of the lock in a run folder. */
export const LOCK = "lock";

/** A held lock. */
export interface RunLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a run folder. The file `lock` holds the pid of its writer, for people and scripts;
 * the lock itself is the operating system's, on the open file. So it ends with the process, however
 * that ends, and a file that a dead process left behind is taken over.
 */
export async function lockRun(dir: string): Promise<RunLock> {
  const path = join(dir, LOCK);
  for (;;) {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    if (!await file.tryLock(true)) {
      const pid = (await new Response(file.readable).text()).trim();
      throw new Error(
        `Cannot run in ${dir}: process ${pid} is running there, wait for its end or stop it`,
      );
    }
    // Between open and lock another process may have removed the file: its lock would guard nothing.
    if (await isThere(path) && (await Deno.stat(path)).ino === (await file.stat()).ino) {
      await file.truncate();
      await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
      return {
        async release() {
          await removeIfThere(path);
          file.close();
        },
      };
    }
    file.close();
  }
}
