/** Putting configurations on top of each other: maps merge, lists and scalars replace. */

import type { Branch, Entry, Tree } from "./tree.ts";

/**
 * `over` on top of `base`. Every value keeps the position it was written at; a merged map stands
 * where `over` has it, its keys in the order of `base`.
 */
export function merge(base: Tree, over: Tree): Tree {
  if (base.type !== "map" || over.type !== "map") return over;
  const entries = new Map<string, Entry>(base.entries);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key);
    entries.set(key, below ? { ...entry, value: merge(below.value, entry.value) } : entry);
  }
  return { ...over, entries };
}

/** `map` without `key`. */
export function without(map: Branch, key: string): Branch {
  const entries = new Map(map.entries);
  entries.delete(key);
  return { ...map, entries };
}

/** `map` with `key` replaced, in its place. */
export function withEntry(map: Branch, key: string, entry: Entry): Branch {
  return { ...map, entries: new Map(map.entries).set(key, entry) };
}
