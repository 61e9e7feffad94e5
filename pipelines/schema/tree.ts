/** A parsed YAML value in which every key and value knows where it was written. */

/** A text that configuration was read from: a file, or the value of a `--set` flag. */
export interface Source {
  /** How it is shown to people: a file's path, or `--set PATH`. */
  readonly name: string;
  /** Absolute folder against which paths in it resolve. */
  readonly folder: string;
  /** True for a flag: positions in it are not lines and columns of a file. */
  readonly flag: boolean;
  /** True for a file of the library of blocks, which users do not see. */
  readonly library?: boolean;
}

/** A position in a source; lines and columns count from 1, columns in UTF-16 units. */
export interface Place {
  readonly source: Source;
  readonly line: number;
  readonly column: number;
}

/** Text, number, truth value or nothing. */
export interface Scalar {
  readonly type: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

/** Values in order. */
export interface List {
  readonly type: "list";
  readonly place: Place;
  readonly items: readonly Tree[];
}

/** One key of a map. */
export interface Entry {
  /** Where the key stands. */
  readonly key: Place;
  readonly value: Tree;
}

/** Values by key, in the order they were written. */
export interface Branch {
  readonly type: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** A parsed value. */
export type Tree = Scalar | List | Branch;

/** Keys and indices from the root of a configuration to a value in it. */
export type Path = readonly (string | number)[];

/** `path` as people write it: `stages.train.optimizer.betas.0`. */
export function pathText(path: Path): string {
  return path.join(".");
}

/** A value without its positions. */
export function plain(tree: Tree): unknown {
  switch (tree.type) {
    case "scalar":
      return tree.value;
    case "list":
      return tree.items.map(plain);
    case "map":
      return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]));
  }
}

/** A value of our own making (a default, an expanded shorthand) that stands at `place`. */
export function grow(value: unknown, place: Place): Tree {
  if (Array.isArray(value)) {
    return { type: "list", place, items: value.map((item) => grow(item, place)) };
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) =>
      [key, { key: place, value: grow(item, place) }] as const
    );
    return { type: "map", place, entries: new Map(entries) };
  }
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") {
    throw new TypeError(`Cannot make a configuration value of a ${typeof value}`);
  }
  return { type: "scalar", place, value: (value ?? null) as Scalar["value"] };
}

/**
 * The value at `path`, or the nearest one above it that was written. A resolved configuration has
 * lists, maps and `attributes` where a person may have written a shorthand; those steps are skipped.
 */
export function locate(root: Tree, path: Path): { readonly tree: Tree; readonly key?: Place } {
  let found: { readonly tree: Tree; readonly key?: Place } = { tree: root };
  for (const [depth, step] of path.entries()) {
    const { tree } = found;
    if (tree.type === "map") {
      const entry = tree.entries.get(String(step));
      if (entry) found = { tree: entry.value, key: entry.key };
      else if (step !== "attributes" && step !== 0) break;
      else if (depth === path.length - 1) break;
    } else if (tree.type === "list" && typeof step === "number") {
      const item = tree.items[step];
      if (item === undefined) break;
      found = { tree: item };
    }
  }
  return found;
}
