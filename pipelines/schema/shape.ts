/** What definitions of configuration are made of, and the TypeScript types that follow from them. */

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

/** The same type, written out. */
export type Simplify<T> = T extends unknown ? { readonly [K in keyof T]: T[K] } : never;
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
export type InferVariants<V> = {
  [K in keyof V]:
    & InferFields<V[K]>
    & { readonly [O in Exclude<KeysOfUnion<V[keyof V]>, keyof V[K]>]?: never };
}[keyof V];
/** A union of branches, each with its tag. */
export type InferTagged<Tag extends string, B> = {
  [K in keyof B]: B[K] extends Def<infer T>
    ? T extends unknown ? { readonly [P in Tag]: K } & T : never
    : never;
}[keyof B];

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
