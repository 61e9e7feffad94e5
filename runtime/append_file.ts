/**
 * Files that grow at their end. A crash may leave a piece of the last write; a reader cuts that
 * off.
 */

import { writeAll, writing } from "./writing.ts";

/** An open file. */
export interface AppendFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until everything written is on the disk. */
  sync(): Promise<void>;
  close(): void;
}

/** Opens a file for appending, and makes it if it is not there. */
export async function openAppendFile(path: string): Promise<AppendFile> {
  const file = await writing(
    `write ${path}`,
    () => Deno.open(path, { append: true, create: true }),
  );
  return {
    write: (bytes) => writeAll(path, file, bytes),
    sync: () => writing(`write ${path}`, () => file.sync()),
    close: () => file.close(),
  };
}
