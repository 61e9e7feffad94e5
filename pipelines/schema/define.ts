/**
 * A small language for defining configuration: from one definition come the JSON Schema, the docs,
 * the TypeScript type and the defaults. The definitions themselves are in `definitions.ts`.
 *
 * A definition has two forms of a value: what a person may *write* (with shorthands and without the
 * fields that have defaults) and what it *resolves* to (one form only, nothing left out). `Infer`
 * gives the type of the resolved form.
 */

import type {
  Def,
  Defaulted,
  Fields,
  Infer,
  InferFields,
  InferTagged,
  InferVariants,
  NumberShape,
  Optional,
  Simplify,
  StringShape,
  Variants,
} from "./shape.ts";
import type { Tree } from "./tree.ts";

/** Text; `pattern` is a regular expression and `expected` says in words what it asks for. */
export function string(
  doc: string,
  options: { readonly pattern?: string; readonly expected?: string } = {},
): Def<string> {
  return { doc, shape: { type: "string", ...options } };
}

/** A path or glob. Written relative to the file that contains it, resolved to an absolute one. */
export function path(doc: string): Def<string> {
  return { doc, shape: { type: "string", path: true, pattern: "\\S", expected: "a path" } };
}

type Bounds = Omit<NumberShape, "type" | "integer">;

/** A finite number within bounds. */
export function number(doc: string, bounds: Bounds = {}): Def<number> {
  return { doc, shape: { type: "number", integer: false, ...bounds } };
}

/** A whole number within bounds; at most 2^53 - 1 in size. */
export function integer(doc: string, bounds: Bounds = {}): Def<number> {
  const { MAX_SAFE_INTEGER: max, MIN_SAFE_INTEGER: min } = Number;
  return { doc, shape: { type: "number", integer: true, min, max, ...bounds } };
}

/** `true` or `false`. */
export function boolean(doc: string): Def<boolean> {
  return { doc, shape: { type: "boolean" } };
}

/** Nothing: a key without a value. */
export function nothing(doc: string): Def<null> {
  return { doc, shape: { type: "null" } };
}

/** One of some words. */
export function oneOf<const V extends readonly string[]>(doc: string, values: V): Def<V[number]> {
  return { doc, shape: { type: "enum", values } };
}

/** A list with `min` (1 unless told otherwise) to `max` items. */
export function list<T>(
  doc: string,
  item: Def<T>,
  { min = 1, max = 10_000 }: { readonly min?: number; readonly max?: number } = {},
): Def<readonly T[]> {
  return { doc, shape: { type: "list", item, min, max } };
}

/** A list of two. */
export function pair<T>(doc: string, item: Def<T>): Def<readonly [T, T]> {
  return { doc, shape: { type: "list", item, min: 2, max: 2 } };
}

/** A map from names of the user's choice, which match `key`. */
export function map<T>(
  doc: string,
  key: StringShape,
  value: Def<T>,
): Def<Readonly<Record<string, T>>> {
  return { doc, shape: { type: "map", key, value } };
}

/** A map with known keys. */
export function object<const F extends Fields>(
  doc: string,
  fields: F,
): Def<Simplify<InferFields<F>>> {
  return { doc, shape: { type: "object", fields } };
}

/** A map with known keys, of which exactly one of those that `variants` names. */
export function choice<const F extends Fields, const V extends Variants>(
  doc: string,
  fields: F,
  variants: V,
): Def<Simplify<InferFields<F> & InferVariants<V>>> {
  return { doc, shape: { type: "object", fields, variants } };
}

/** The same definition with further keys, resolved to `attributes`. */
export function withAttributes<T, A>(
  def: Def<T>,
  attribute: Def<A>,
): Def<Simplify<T & { readonly attributes: Readonly<Record<string, A>> }>> {
  if (def.shape.type !== "object") throw new TypeError("Cannot add attributes: not an object");
  return { doc: def.doc, shape: { ...def.shape, attributes: attribute } };
}

/** A map whose key `tag` is one of the names of `branches` and decides on its other keys. */
export function tagged<
  const Tag extends string,
  const B extends Readonly<Record<string, Def<unknown>>>,
>(
  doc: string,
  tag: Tag,
  branches: B,
  defaultTag?: keyof B & string,
): Def<Simplify<InferTagged<Tag, B>>> {
  const shape = { type: "tagged" as const, tag, branches };
  return { doc, shape: defaultTag === undefined ? shape : { ...shape, defaultTag } };
}

/** A value that may be written in forms which differ in their YAML type (text, list, map, ...). */
export function union<const D extends readonly Def<unknown>[]>(
  doc: string,
  ...options: D
): Def<Infer<D[number]>> {
  return { doc, shape: { type: "union", options } };
}

/** A value with a short form, which `expand` turns into the full one. */
export function shorthand<T>(
  doc: string,
  short: Def<unknown>,
  full: Def<T>,
  expand: (written: Tree) => Tree,
): Def<T> {
  return { doc, shape: { type: "shorthand", short, full, expand } };
}

/** One value or a list of them; resolves to a list. */
export function oneOrMany<T>(doc: string, item: Def<T>): Def<readonly T[]> {
  const full = list(doc, item);
  const expand = (written: Tree): Tree => ({
    type: "list",
    place: written.place,
    items: [written],
  });
  return { doc, shape: { type: "shorthand", short: item, full, expand } };
}

/** A definition with a name of its own: the schema and the docs refer to it; it may be recursive. */
export function named<T>(name: string, doc: string, def: () => Def<T>): Def<T> {
  return { doc, shape: { type: "named", name, def } };
}

/** A field that may be left out and then is absent. */
export function optional<T>(def: Def<T>): Optional<T> {
  return { presence: "optional", def };
}

/** A field that may be left out; `value` (as a person would write it) then stands in its place. */
export function defaulted<T>(def: Def<T>, value: unknown): Defaulted<T> {
  return { presence: "defaulted", def, value };
}
