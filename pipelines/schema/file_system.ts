/** What checking a pipeline needs of the disk, so that it can run without one. */

import { closeSync, globSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { maxBytes } from "./load_yaml.ts";

/** What can be at a path. */
export type FileKind = "file" | "folder" | "other";

/** Files, by absolute path. */
export interface FileSystem {
  /**
   * The text of a file; of one that is too large to be a pipeline, only a beginning that still is
   * too large. Throws an Error whose message says in words why it cannot be read.
   */
  readText(path: string): string;
  /** What is at a path; `other` is a pipe, a device or a socket. */
  kind(path: string): FileKind | undefined;
  /**
   * Paths of the files that match an absolute glob, sorted. Folders in front whose names look like
   * globs are taken as they stand, if there are such folders.
   */
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
      // The size that the system tells of a pipe is 0.
      const bytes = new Uint8Array(maxBytes + 1);
      let length = 0;
      for (let got = 1; got > 0 && length < bytes.length; length += got) {
        got = readSync(file, bytes, length, bytes.length - length, null);
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
    if (stat === undefined) return undefined;
    return stat.isDirectory() ? "folder" : stat.isFile() ? "file" : "other";
  },
  glob(pattern) {
    const parts = pattern.split("/");
    let cwd = "/";
    while (parts.length > 1 && disk.kind(join(cwd, parts[0])) === "folder") {
      cwd = join(cwd, parts.shift()!);
    }
    return globSync(parts.join("/"), { cwd }).map((path) => join(cwd, path))
      .filter((path) => disk.kind(path) === "file").sort();
  },
};
