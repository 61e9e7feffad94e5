/**
 * From the written form of a value to its resolved one and back: shorthands expanded, defaults filled
 * in, paths absolute.
 */

import { relative, resolve } from "node:path";
import { fieldDef, shapeOf } from "./shape.ts";
import type { Def, Fields, ObjectShape, Scope } from "./shape.ts";
import { jsonType } from "./walk_definition.ts";
import { typesOf } from "./json_schema.ts";
import { grow } from "./tree.ts";
import type { Tree } from "./tree.ts";

/** Plain data under construction. */
type Data = Record<string, unknown>;

/** The resolved form of `tree`, which must have passed `validate` for `def`. */
export function fill<T>(def: Def<T>, tree: Tree, scope: Scope): T {
  return filled(def, tree, scope) as T;
}

function filled(def: Def<unknown>, tree: Tree, scope: Scope): unknown {
  const shape = shapeOf(def);
  switch (shape.type) {
    case "string": {
      if (tree.type !== "scalar") throw new TypeError("Cannot resolve text: not a scalar");
      return shape.path ? resolve(tree.place.source.folder, String(tree.value)) : tree.value;
    }
    case "number":
    case "boolean":
    case "null":
    case "enum":
      if (tree.type !== "scalar") throw new TypeError("Cannot resolve a value: not a scalar");
      return tree.value;
    case "list":
      if (tree.type !== "list") throw new TypeError("Cannot resolve a list: not a list");
      return tree.items.map((item) => filled(shape.item, item, scope));
    case "map":
      return Object.fromEntries(
        entriesOf(tree).map(([key, value]) => [key, filled(shape.value, value, scope)]),
      );
    case "object":
      return filledObject(shape, tree, scope, {});
    case "tagged": {
      const { tag, branches, defaultTag } = shape;
      const name = Object.fromEntries(entriesOf(tree))[tag];
      const kind = name?.type === "scalar" ? String(name.value) : defaultTag ?? "";
      const branch = shapeOf(branches[kind]);
      if (branch.type !== "object") throw new TypeError(`Cannot resolve ${tag} ${kind}: no object`);
      return filledObject(branch, tree, scope, { [tag]: kind });
    }
    case "union": {
      const option = shape.options.find((one) => typesOf(one).includes(jsonType(tree)));
      if (option === undefined) throw new TypeError("Cannot resolve a value: of another type");
      return filled(option, tree, scope);
    }
    case "shorthand": {
      if (!typesOf(shape.short).includes(jsonType(tree))) return filled(shape.full, tree, scope);
      const full = shape.expand(tree, scope);
      return full === undefined
        ? filled(shape.short, tree, scope)
        : filled(shape.full, full, scope);
    }
  }
}

function entriesOf(tree: Tree): [string, Tree][] {
  if (tree.type !== "map") throw new TypeError("Cannot resolve a map: not a map");
  return [...tree.entries].map(([key, { value }]) => [key, value]);
}

function filledObject(shape: ObjectShape, tree: Tree, scope: Scope, tag: Data): Data {
  const written = new Map(entriesOf(tree));
  for (const key of Object.keys(tag)) written.delete(key);
  const { fields, variants = {}, attributes } = shape;
  const chosen = Object.keys(variants).find((key) => written.has(key));
  const all: Fields = { ...(chosen === undefined ? {} : variants[chosen]), ...fields };
  const result: Data = { ...tag };
  for (const [key, field] of Object.entries(all)) {
    const value = written.get(key) ??
      ("presence" in field && field.presence === "defaulted"
        ? grow(field.value, tree.place)
        : undefined);
    written.delete(key);
    if (value !== undefined) result[key] = filled(fieldDef(field), value, scope);
  }
  if (attributes !== undefined) {
    result.attributes = Object.fromEntries(
      [...written].map(([key, value]) => [key, filled(attributes, value, scope)]),
    );
  }
  return result;
}

/**
 * A written form of the resolved `value`, complete: filling it gives `value` again. Paths become
 * relative to `folder`, so that the text can be kept there; without a folder they are left out,
 * which is what keys of stages are made of.
 */
export function unfill(def: Def<unknown>, value: unknown, folder: string | undefined): unknown {
  const shape = shapeOf(def);
  switch (shape.type) {
    case "string":
      if (!shape.path) return value;
      return folder === undefined ? undefined : relativePath(folder, String(value));
    case "list":
      return (value as readonly unknown[]).map((item) => unfill(shape.item, item, folder));
    case "map":
      return Object.fromEntries(
        Object.entries(value as Data).map((
          [key, item],
        ) => [key, unfill(shape.value, item, folder)]),
      );
    case "object":
      return unfillObject(shape, value as Data, folder, {});
    case "tagged": {
      const kind = String((value as Data)[shape.tag]);
      const branch = shapeOf(shape.branches[kind]);
      if (branch.type !== "object") throw new TypeError(`Cannot write ${kind}: not an object`);
      return unfillObject(branch, value as Data, folder, { [shape.tag]: kind });
    }
    case "union": {
      const type = jsonType(grow(value, { source: nowhere, line: 0, column: 0 }));
      const option = shape.options.find((one) => typesOf(one).includes(type));
      return option === undefined ? value : unfill(option, value, folder);
    }
    case "shorthand": {
      const type = jsonType(grow(value, { source: nowhere, line: 0, column: 0 }));
      const isFull = typesOf(shape.full).includes(type);
      return unfill(isFull ? shape.full : shape.short, value, folder);
    }
    default:
      return value;
  }
}

const nowhere = { name: "", folder: "/", flag: false };

function unfillObject(
  shape: ObjectShape,
  value: Data,
  folder: string | undefined,
  tag: Data,
): Data {
  const { fields, variants = {}, attributes } = shape;
  const all: Fields = Object.assign({}, ...Object.values(variants), fields);
  const result: Data = { ...tag };
  for (const [key, field] of Object.entries(all)) {
    if (value[key] === undefined) continue;
    const written = unfill(fieldDef(field), value[key], folder);
    if (written !== undefined) result[key] = written;
  }
  if (attributes === undefined) return result;
  for (const [key, item] of Object.entries(value.attributes as Data)) {
    result[key] = unfill(attributes, item, folder);
  }
  return result;
}

/** `path` relative to `folder`, with slashes; the folder itself is `.`. */
function relativePath(folder: string, path: string): string {
  return relative(folder, path).replaceAll("\\", "/") || ".";
}
