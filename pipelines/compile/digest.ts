/** SHA-256 of values, files and folders, in hex. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { systemReason } from "../../runtime/system_reason.ts";

/** Bytes read from a file at a time. */
const BLOCK = 1 << 20;

/** The digest of a text (in UTF-8) or of bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The digest of a value: of its JSON with sorted keys. */
export function digestValue(value: unknown): string {
  return sha256(canonicalJson(value));
}

/**
 * JSON without spaces, keys sorted by their UTF-16 units, keys with `undefined` left out: equal
 * values give equal texts. Numbers that are not finite, and anything JSON cannot hold, are errors.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => a < b ? -1 : 1);
    return `{${
      entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")
    }}`;
  }
  throw new TypeError(`Cannot write ${String(value)} as JSON: it is a ${typeof value}`);
}

/** A file's digest and its size in bytes. */
export interface FileDigest {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * The digest of a file, read block by block. A file that cannot be read is an Error that names it.
 */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash("sha256");
  const block = new Uint8Array(BLOCK);
  let bytes = 0;
  try {
    using file = await Deno.open(path);
    for (let read = await file.read(block); read !== null; read = await file.read(block)) {
      hash.update(block.subarray(0, read));
      bytes += read;
    }
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined || error instanceof Deno.errors.NotFound) throw error;
    throw new Error(`Cannot read ${path}: ${reason}`, { cause: error });
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** Paths of all files below a folder, relative to it with `/`, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (below: string): Promise<void> => {
    for await (const entry of Deno.readDir(join(folder, below))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (entry.isFile) found.push(path);
    }
  };
  await walk("");
  return found.sort();
}

/**
 * The digest of the names and contents of all files below some folders of `root`, but those whose
 * name begins with a dot: editors leave such behind.
 */
export async function digestFolders(root: string, folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of [...new Set(folders)].sort()) {
    for (const path of await filesBelow(join(root, folder))) {
      if (/(^|\/)\./.test(path)) continue;
      const content = await Deno.readFile(join(root, folder, path));
      hash.update(JSON.stringify([folder, path, content.length])).update(content);
    }
  }
  return hash.digest("hex");
}
