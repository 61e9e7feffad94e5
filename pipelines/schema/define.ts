/**
 * A small language for defining configuration: from one definition come the JSON Schema, the docs,
 * the TypeScript type and the defaults. The definitions themselves are in `definitions.ts`.
 *
 * A definition has two forms of a value: what a person may *write* (with shorthands and without the
 * fields that have defaults) and what it *resolves* to (one form only, nothing left out). `Infer`
 * gives the type of the resolved form.
 */

import type { Tree } from "./tree.ts";

declare const resolved: unique symbol;

/** The definition of a value whose resolved form has the type `T`. */
export interface Def<T> {
  readonly shape: Shape;
  /** One or two sentences for people, with the unit of a number. */
  readonly doc: string;
  readonly [resolved]?: T;
}

/** The resolved form of a definition. */
export type Infer<D> = D extends Def<infer T> ? T : never;

/** A field that may be missing, also from the resolved form. */
export interface Optional<T> {
  readonly presence: "optional";
  readonly def: Def<T>;
}

/** A field that may be left out; the resolved form has it. */
export interface Defaulted<T> {
  readonly presence: "defaulted";
  readonly def: Def<T>;
  /** In the form a person would write. */
  readonly value: unknown;
}

/** A field of an object: required unless it is wrapped. */
export type Field = Def<unknown> | Optional<unknown> | Defaulted<unknown>;
/** Fields of an object by key. */
export type Fields = Readonly<Record<string, Field>>;
/** Alternatives of an object: exactly one of the keys is present, and with it the fields it lists. */
export type Variants = Readonly<Record<string, Fields>>;

/** What kind of value a definition describes; walkers (schema, docs, defaults) switch over it. */
export type Shape =
  | StringShape
  | NumberShape
  | { readonly type: "boolean" }
  | { readonly type: "null" }
  | { readonly type: "enum"; readonly values: readonly string[] }
  | ListShape
  | MapShape
  | ObjectShape
  | TaggedShape
  | { readonly type: "union"; readonly options: readonly Def<unknown>[] }
  | ShorthandShape
  | { readonly type: "named"; readonly name: string; readonly def: () => Def<unknown> };

/** Text. */
export interface StringShape {
  readonly type: "string";
  readonly pattern?: string;
  /** What the pattern asks for, e.g. `"a dim"`. */
  readonly expected?: string;
  /** A path: it resolves against the file that contains it. */
  readonly path?: boolean;
}

/** A finite number. */
export interface NumberShape {
  readonly type: "number";
  readonly integer: boolean;
  readonly min?: number;
  /** Excluded lower bound. */
  readonly above?: number;
  readonly max?: number;
  /** Excluded upper bound. */
  readonly below?: number;
}

/** Values in order. */
export interface ListShape {
  readonly type: "list";
  readonly item: Def<unknown>;
  readonly min: number;
  readonly max: number;
}

/** Names of the user's choice to values of one kind. */
export interface MapShape {
  readonly type: "map";
  readonly key: StringShape;
  readonly value: Def<unknown>;
}

/** A map with known keys. */
export interface ObjectShape {
  readonly type: "object";
  readonly fields: Fields;
  readonly variants?: Variants;
  /** Further keys of any name are gathered in `attributes` of the resolved form. */
  readonly attributes?: Def<unknown>;
}

/** An object whose key `tag` decides on its other keys. */
export interface TaggedShape {
  readonly type: "tagged";
  readonly tag: string;
  readonly branches: Readonly<Record<string, Def<unknown>>>;
  readonly defaultTag?: string;
}

/** A value that may be written in a short form. */
export interface ShorthandShape {
  readonly type: "shorthand";
  readonly short: Def<unknown>;
  readonly full: Def<unknown>;
  /** The full form of a short one; undefined: the short form stays as it is. */
  expand(written: Tree, scope: Scope): Tree | undefined;
}

/** What resolving a value may depend on. */
export interface Scope {
  /** Names of the pipeline's stages. */
  readonly stages: ReadonlySet<string>;
}

type Simplify<T> = T extends unknown ? { readonly [K in keyof T]: T[K] } : never;
type FieldValue<F> = F extends Def<infer T> ? T
  : F extends { readonly def: Def<infer T> } ? T
  : never;
type OptionalKeys<F> = {
  [K in keyof F]: F[K] extends { readonly presence: "optional" } ? K : never;
}[keyof F];
/** The resolved form of fields. */
export type InferFields<F> =
  & { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: FieldValue<F[K]> }
  & { readonly [K in OptionalKeys<F>]?: FieldValue<F[K]> };
type KeysOfUnion<T> = T extends unknown ? keyof T : never;
/** One variant's fields; those of the others are absent, so that a test of one key narrows. */
type InferVariants<V> = {
  [K in keyof V]:
    & InferFields<V[K]>
    & { readonly [O in Exclude<KeysOfUnion<V[keyof V]>, keyof V[K]>]?: never };
}[keyof V];
type InferTagged<Tag extends string, B> = {
  [K in keyof B]: B[K] extends Def<infer T>
    ? T extends unknown ? { readonly [P in Tag]: K } & T : never
    : never;
}[keyof B];

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

/** The definition of a field, whether it may be left out or not. */
export function fieldDef(field: Field): Def<unknown> {
  return "presence" in field ? field.def : field;
}

/** True if a field may be left out. */
export function mayBeLeftOut(field: Field): boolean {
  return "presence" in field;
}

/** Looks through names: the shape that a definition stands for. */
export function shapeOf(def: Def<unknown>): Exclude<Shape, { type: "named" }> {
  let shape = def.shape;
  while (shape.type === "named") shape = shape.def().shape;
  return shape;
}
