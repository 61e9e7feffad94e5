/** Names in pipelines: stages, models, blocks, dims and mesh axes. */

import { string } from "./define.ts";
import type { Def, StringShape } from "./shape.ts";

/** Mesh axes, slowest link first. */
export const axes = ["pp", "dp", "fsdp", "ep", "cp", "tp"] as const;
/** A mesh axis. */
export type Axis = (typeof axes)[number];

/** Dims that models commonly have; a model may have others. */
export const commonDims: readonly string[] = [
  "batch",
  "seq",
  "embed",
  "heads",
  "kv_heads",
  "head_dim",
  "mlp",
  "vocab",
  "expert",
  "group",
  "layers",
];

/** A name of a pipeline, stage or model: it becomes a folder. */
export const nameShape: StringShape = {
  type: "string",
  pattern: "^[a-z0-9_-]{1,64}$",
  expected: "a name of 1 to 64 of a-z, 0-9, _ and -",
};

/** A word that expressions can use: a dim, an operand, a node, an attribute. */
export const wordShape: StringShape = {
  type: "string",
  pattern: "^[A-Za-z_][A-Za-z0-9_]{0,63}$",
  expected: "a word of letters, digits and _",
};

/** A word, or a constant of the enclosing block such as `$size`. */
export const dimShape: StringShape = {
  type: "string",
  pattern: "^\\$?[A-Za-z_][A-Za-z0-9_]{0,63}$",
  expected: "a dim",
};

/** The name of a pipeline, stage, model or block. */
export function name(doc: string): Def<string> {
  return { doc, shape: nameShape };
}

/** A word that expressions can use. */
export function word(doc: string): Def<string> {
  return { doc, shape: wordShape };
}

/** The name of a dim. */
export function dim(doc: string): Def<string> {
  return { doc, shape: dimShape };
}

/** A constant of the enclosing block: `$name` or `$(expression)`. */
export function constant(doc: string): Def<string> {
  return string(doc, { pattern: "^\\$", expected: "a constant such as $name" });
}
