/** What checking a pipeline needs of the disk, so that it can run without one. */

import { closeSync, fstatSync, globSync, openSync, readSync, statSync } from "node:fs";
import { maxBytes } from "./load_yaml.ts";

/** Files, by absolute path. */
export interface FileSystem {
  /**
   * The text of a file; of one that is too large to be a pipeline, only a beginning that still is
   * too large. Throws an Error whose message says in words why it cannot be read.
   */
  readText(path: string): string;
  /** What is at a path. */
  kind(path: string): "file" | "folder" | undefined;
  /** Paths of the files that match a glob, sorted. */
  glob(pattern: string): readonly string[];
}

/** The files of this machine. */
export const disk: FileSystem = {
  readText(path) {
    const kind = disk.kind(path);
    if (kind === undefined) throw new Error("there is no such file");
    if (kind === "folder") throw new Error("it is a folder");
    const file = openSync(path, "r");
    try {
      const bytes = new Uint8Array(Math.min(fstatSync(file).size, maxBytes + 1));
      let length = 0;
      for (let got = 1; got > 0 && length < bytes.length; length += got) {
        got = readSync(file, bytes, length, bytes.length - length, length);
      }
      return new TextDecoder("utf-8", { fatal: length <= maxBytes }).decode(
        bytes.subarray(0, length),
      );
    } catch (error) {
      if (error instanceof TypeError) throw new Error("it is not UTF-8 text");
      throw new Error(error instanceof Error ? error.message : String(error));
    } finally {
      closeSync(file);
    }
  },
  kind(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? undefined : stat.isDirectory() ? "folder" : "file";
  },
  glob(pattern) {
    return globSync(pattern).filter((path) => disk.kind(path) === "file").sort();
  },
};
