/** The JSON Schema (2020-12) of a definition: what ajv validates with and editors complete from. */

import { fieldDef, mayBeLeftOut, shapeOf } from "./shape.ts";
import type { Def, Fields, ObjectShape, TaggedShape, Variants } from "./shape.ts";
import { expectation } from "./expectation.ts";
import { wordShape } from "./names.ts";

/** A JSON Schema. */
export type JsonSchema = { readonly [key: string]: unknown };

/**
 * The JSON Schema of the written form of `def`. Alternatives are told apart by the type of the value
 * or by a tag and stand in `if`/`then`, so that a wrong value gives the errors of one alternative only.
 */
export function jsonSchema(def: Def<unknown>): JsonSchema {
  const named = new Map<string, JsonSchema>();
  const root = convert(def, named);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...root,
    $defs: Object.fromEntries([...named].sort(([a], [b]) => a < b ? -1 : 1)),
  };
}

type Named = Map<string, JsonSchema>;

function convert(def: Def<unknown>, named: Named): JsonSchema {
  const words = { description: def.doc, errorMessage: `expected ${expectation(def)}` };
  const { shape } = def;
  switch (shape.type) {
    case "string":
      return {
        ...words,
        type: "string",
        ...(shape.pattern === undefined ? {} : { pattern: shape.pattern }),
      };
    case "number":
      return {
        ...words,
        type: shape.integer ? "integer" : "number",
        ...(shape.min === undefined ? {} : { minimum: shape.min }),
        ...(shape.above === undefined ? {} : { exclusiveMinimum: shape.above }),
        ...(shape.max === undefined ? {} : { maximum: shape.max }),
        ...(shape.below === undefined ? {} : { exclusiveMaximum: shape.below }),
      };
    case "boolean":
    case "null":
      return { ...words, type: shape.type };
    case "enum":
      return { ...words, type: "string", enum: shape.values };
    case "list":
      return {
        ...words,
        type: "array",
        items: convert(shape.item, named),
        minItems: shape.min,
        maxItems: shape.max,
      };
    case "map":
      return {
        ...words,
        type: "object",
        propertyNames: { type: "string", pattern: shape.key.pattern ?? "" },
        additionalProperties: convert(shape.value, named),
      };
    case "object":
      return { ...words, ...objectSchema(shape, {}, named) };
    case "tagged":
      return { ...words, ...taggedSchema(def, shape, named) };
    case "union":
    case "shorthand":
      return { ...words, ...unionSchema(alternatives(def), named) };
    case "named":
      if (!named.has(shape.name)) {
        named.set(shape.name, {});
        named.set(shape.name, convert(shape.def(), named));
      }
      return { description: def.doc, $ref: `#/$defs/${shape.name}` };
  }
}

function objectSchema(shape: ObjectShape, tag: JsonSchema, named: Named): JsonSchema {
  const { fields, variants = {}, attributes } = shape;
  const all: Fields = Object.assign({}, fields, ...Object.values(variants));
  const properties = Object.entries(all).map(([key, field]) => {
    const schema = convert(fieldDef(field), named);
    const isDefaulted = "presence" in field && field.presence === "defaulted";
    return [key, isDefaulted ? { ...schema, default: field.value } : schema];
  });
  const required = Object.keys(fields).filter((key) => !mayBeLeftOut(fields[key]));
  return {
    type: "object",
    properties: { ...tag, ...Object.fromEntries(properties) },
    ...(required.length > 0 ? { required } : {}),
    ...(attributes === undefined ? { additionalProperties: false } : {
      propertyNames: { type: "string", pattern: wordShape.pattern },
      additionalProperties: convert(attributes, named),
    }),
    ...variantSchema(variants),
  };
}

/** Exactly one of the variants' keys, and with it what it needs; nothing that goes with another. */
function variantSchema(variants: Variants): JsonSchema {
  const keys = Object.keys(variants);
  if (keys.length === 0) return {};
  const needs = Object.entries(variants).flatMap(([variant, fields]) =>
    Object.keys(fields).filter((key) => key !== variant).map((key) => [key, [variant]] as const)
  );
  const brings = Object.entries(variants).map(([variant, fields]) =>
    [
      variant,
      Object.keys(fields).filter((key) => key !== variant && !mayBeLeftOut(fields[key])),
    ] as const
  ).filter(([, keys]) => keys.length > 0);
  const dependent = [...needs, ...brings];
  return {
    oneOf: keys.map((key) => ({ required: [key] })),
    ...(dependent.length > 0 ? { dependentRequired: Object.fromEntries(dependent) } : {}),
  };
}

function taggedSchema(def: Def<unknown>, shape: TaggedShape, named: Named): JsonSchema {
  const { tag, branches, defaultTag } = shape;
  const allOf = Object.entries(branches).map(([name, branch]) => {
    const inner = shapeOf(branch);
    if (inner.type !== "object") throw new TypeError(`Cannot tag "${name}": not an object`);
    return {
      if: {
        type: "object",
        properties: { [tag]: { const: name } },
        ...(name === defaultTag ? {} : { required: [tag] }),
      },
      then: { description: branch.doc, ...objectSchema(inner, { [tag]: true }, named) },
    };
  });
  const names = Object.keys(branches);
  return {
    type: "object",
    properties: {
      [tag]: {
        description: `Decides on the other keys. ${def.doc}`,
        errorMessage: `expected one of ${names.join(", ")}`,
        type: "string",
        enum: names,
        ...(defaultTag === undefined ? {} : { default: defaultTag }),
      },
    },
    ...(defaultTag === undefined ? { required: [tag] } : {}),
    allOf,
  };
}

/** The JSON type of the values of a definition. */
export type JsonType = "string" | "number" | "boolean" | "null" | "array" | "object";

/** The forms in which a value may be written, each with its own JSON types. */
export function alternatives(
  def: Def<unknown>,
): readonly { readonly types: readonly JsonType[]; readonly def: Def<unknown> }[] {
  const shape = shapeOf(def);
  const options = shape.type === "union"
    ? shape.options
    : shape.type === "shorthand"
    ? [shape.short, shape.full]
    : [];
  return options.map((option) => ({ types: typesOf(option), def: option }));
}

/** The JSON types of the written form of a definition. */
export function typesOf(def: Def<unknown>): readonly JsonType[] {
  const shape = shapeOf(def);
  switch (shape.type) {
    case "enum":
      return ["string"];
    case "list":
      return ["array"];
    case "map":
    case "object":
    case "tagged":
      return ["object"];
    case "union":
    case "shorthand":
      return [...new Set(alternatives(def).flatMap(({ types }) => types))];
    default:
      return [shape.type];
  }
}

function unionSchema(options: ReturnType<typeof alternatives>, named: Named): JsonSchema {
  return {
    type: [...new Set(options.flatMap(({ types }) => types))],
    allOf: options.map(({ types, def }) => ({
      if: { type: types.length === 1 ? types[0] : types },
      then: convert(def, named),
    })),
  };
}
