/** Following a path through a definition, beside the value that was written. */

import { fieldDef, shapeOf } from "./shape.ts";
import type { Def, Fields } from "./shape.ts";
import { alternatives } from "./json_schema.ts";
import type { JsonType } from "./json_schema.ts";
import type { Tree } from "./tree.ts";

/** Where one step leads: a definition, or the keys that would have been possible. */
export type Step =
  | { readonly def: Def<unknown>; readonly attribute: boolean }
  | { readonly def?: undefined; readonly known: readonly string[]; readonly index?: boolean };

/** The JSON type of a written value. */
export function jsonType(tree: Tree): JsonType {
  if (tree.type === "list") return "array";
  if (tree.type === "map") return "object";
  if (tree.value === null) return "null";
  return typeof tree.value as "string" | "number" | "boolean";
}

/** The form of `def` that `tree` is written in; without a tree, the last one: the fullest. */
export function formOf(def: Def<unknown>, tree: Tree | undefined): Def<unknown> {
  const options = alternatives(def);
  if (options.length === 0) return def;
  const found = tree === undefined
    ? options.at(-1)
    : options.find(({ types }) => types.includes(jsonType(tree))) ?? options.at(-1);
  return found === undefined ? def : formOf(found.def, tree);
}

/** The keys of an object or a tagged definition, as far as `tree` decides between alternatives. */
export function keysOf(def: Def<unknown>, tree: Tree | undefined): Fields {
  const shape = shapeOf(formOf(def, tree));
  if (shape.type === "object") {
    return Object.assign({}, shape.fields, ...Object.values(shape.variants ?? {}));
  }
  if (shape.type !== "tagged") return {};
  const { tag, branches, defaultTag } = shape;
  const chosen = tree?.type === "map" ? tree.entries.get(tag)?.value : undefined;
  const name = chosen?.type === "scalar" ? String(chosen.value) : defaultTag;
  const kinds: Fields = {
    [tag]: { doc: "", shape: { type: "enum", values: Object.keys(branches) } },
  };
  if (name === undefined || !Object.hasOwn(branches, name)) return kinds;
  return { ...kinds, ...keysOf(branches[name], undefined) };
}

/** One step from `def`, whose written value is `tree`, to a key or an index of it. */
export function stepInto(def: Def<unknown>, tree: Tree | undefined, key: string): Step {
  const shape = shapeOf(formOf(def, tree));
  switch (shape.type) {
    case "object":
    case "tagged": {
      const fields = keysOf(def, tree);
      if (Object.hasOwn(fields, key)) return { def: fieldDef(fields[key]), attribute: false };
      if (shape.type === "object" && shape.attributes && /^[A-Za-z_]\w{0,63}$/.test(key)) {
        return { def: shape.attributes, attribute: true };
      }
      return { known: Object.keys(fields) };
    }
    case "map": {
      const known = tree?.type === "map" ? [...tree.entries.keys()] : [];
      return known.includes(key) ? { def: shape.value, attribute: false } : { known };
    }
    case "list": {
      const size = tree?.type === "list" ? tree.items.length : 0;
      const index = /^\d{1,5}$/.test(key) && Number(key) < size;
      return index
        ? { def: shape.item, attribute: false }
        : { known: Array.from({ length: Math.min(size, 20) }, (_, i) => `${i}`), index: true };
    }
    default:
      return { known: [] };
  }
}
