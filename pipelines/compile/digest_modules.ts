/** The digest of the modules that implement something: those it imports, and theirs. */

import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "./project_root.ts";
import { packages } from "./versions.ts";

/**
 * `import ... from "x"` and `export ... from "x"`; what is only imported as a type does nothing.
 */
const STATIC = /^(?:import|export)\s+(?!type\s)([\w\s{},*$]+?)\s+from\s+"([^"]+)"/gm;
/** `import("x")`, and a module that a Worker is made from. */
const DYNAMIC = /\bimport\(\s*"([^"]+)"|\bnew URL\(\s*"(\.[^"]+\.ts)"/g;

/** Modules and what they are built on. */
export interface ModulesDigest {
  /** SHA-256 of the names and contents of the modules. */
  readonly sources: string;
  /** The version of Deno, and the packages that the modules import, as `deno.json` names them. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * The digest of modules of this project, given by their paths below its root. A package says which
 * version of it it is, and a version that is published never changes.
 */
export async function digestOwnModules(
  entries: readonly string[],
  root: URL = projectRoot,
): Promise<ModulesDigest> {
  if (root.protocol === "file:") return await digestModules(fileURLToPath(root), entries);
  const hash = createHash("sha256").update(JSON.stringify([root.href, ...entries]));
  return { sources: hash.digest("hex"), versions: { deno: Deno.version.deno, ...packages } };
}

/** Digests the modules `entries` (paths below `root`) and everything of the project they import. */
export async function digestModules(
  root: string,
  entries: readonly string[],
): Promise<ModulesDigest> {
  const contents = new Map<string, Uint8Array>();
  const used: Record<string, string> = {};
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (contents.has(path)) continue;
    const content = await Deno.readFile(join(root, path));
    contents.set(path, content);
    if (!path.endsWith(".ts")) continue;
    for (const name of importsOf(new TextDecoder().decode(content))) {
      if (name.startsWith(".")) open.push(join(dirname(path), name).replaceAll("\\", "/"));
      else if (!name.startsWith("node:")) used[name] = packages[name] ?? name;
    }
  }
  const hash = createHash("sha256");
  for (const path of [...contents.keys()].sort()) {
    const content = contents.get(path)!;
    hash.update(JSON.stringify([path, content.length])).update(content);
  }
  return { sources: hash.digest("hex"), versions: { deno: Deno.version.deno, ...used } };
}

/** What a module imports, as it is written there. */
export function importsOf(text: string): string[] {
  const used = [...text.matchAll(STATIC)].filter(([, names]) => !onlyTypes(names));
  const later = [...text.matchAll(DYNAMIC)].map(([, imported, worker]) => imported ?? worker);
  return [...used.map(([, , name]) => name), ...later];
}

function onlyTypes(names: string): boolean {
  const [, list] = /^\{(.*)\}$/s.exec(names.trim()) ?? [];
  if (list === undefined) return false;
  return list.split(",").map((name) => name.trim()).filter((name) => name !== "")
    .every((name) => name.startsWith("type "));
}
