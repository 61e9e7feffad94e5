/** The files that a `read` field means. */

import { globSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { DataError } from "./data_error.ts";

/** A file to read. */
export interface SourceFile {
  readonly path: string;
  /**
   * Its path below the deepest folder that holds all files of the list. It makes document ids, so
   * these do not depend on where the files lie.
   */
  readonly name: string;
  /** Bytes on the disk. */
  readonly size: number;
}

const GLOB = /[*?[\]{}]/;

/**
 * Files of a list of paths and globs: in the order of the list, those of one glob sorted, each file
 * once. An entry that matches nothing is an error. `base` is the folder of relative paths.
 */
export async function findFiles(
  read: readonly string[],
  base: string = Deno.cwd(),
): Promise<readonly SourceFile[]> {
  const paths = new Set<string>();
  for (const entry of read) {
    const path = isAbsolute(entry) ? entry : resolve(base, entry);
    const found = await isFile(path) ? [path] : GLOB.test(entry) ? globSync(path).sort() : [];
    let files = 0;
    for (const candidate of found) {
      if (!await isFile(candidate)) continue;
      files++;
      paths.add(candidate);
    }
    if (files === 0) {
      const reason = GLOB.test(entry) ? "no file matches" : await missing(path);
      throw new DataError({ file: entry }, `Cannot read the documents: ${reason}`);
    }
  }
  const common = commonFolder([...paths]);
  return await Promise.all([...paths].map(async (path) => ({
    path,
    name: relative(common, path).replaceAll("\\", "/"),
    size: (await Deno.stat(path)).size,
  })));
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

async function missing(path: string): Promise<string> {
  try {
    if ((await Deno.stat(path)).isDirectory) return "it is a folder, should be a file or a glob";
  } catch {
    // What the path is makes the message better, and nothing else.
  }
  return "there is no such file";
}

function commonFolder(paths: readonly string[]): string {
  let common = dirname(paths[0]);
  for (const path of paths) {
    while (relative(common, path).startsWith("..")) common = dirname(common);
  }
  return common;
}
