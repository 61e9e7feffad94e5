/** Definitions of the stages that judge: eval and report. */

import { defaulted, integer, list, number, object, oneOrMany, optional, string } from "./define.ts";
import type { Def, Infer, Scope } from "./shape.ts";
import { asPath, sourceFields } from "./data_definitions.ts";
import { name } from "./names.ts";
import type { Tree } from "./tree.ts";

/** Questions: the name of a documents stage (text), or a file. */
const questionsDef: Def<string | Infer<typeof sourceFields>> = {
  doc: "Multiple-choice questions: a .jsonl file of {id, prompt, choices, answer, kind}, or the " +
    "documents stage that made one.",
  shape: {
    type: "shorthand",
    short: string("A stage or a path.", { pattern: "\\S", expected: "a stage or a path" }),
    full: sourceFields,
    expand: (written: Tree, scope: Scope) =>
      written.type === "scalar" && scope.stages.has(String(written.value))
        ? undefined
        : asPath(written),
  },
};

/** Continuations that a model writes. */
const generateDef = object("Texts that the models write.", {
  prompts: list(
    "What the texts begin with, as it stands: no token that begins texts (bos) is put before it. An empty " +
      "one is the token that ends a text.",
    string("A beginning."),
  ),
  max_tokens: defaulted(integer("Longest continuation, in tokens.", { min: 1 }), 64),
  temperature: defaulted(
    number("Divides the logits before sampling; 0: the likeliest token.", { min: 0 }),
    0.8,
  ),
  top_k: defaulted(integer("Samples from the k likeliest tokens; 0: from all.", { min: 0 }), 0),
  seed: optional(
    integer("Seed of the sampling; without it the stage's own.", { min: 0, max: 2 ** 32 - 1 }),
  ),
});

/** `kind: eval`. */
export const evalDef = object("Measures trained models.", {
  models: oneOrMany(
    "What is measured: train stages, or models with `from`.",
    name("A train stage or a model."),
  ),
  data: optional(
    name(
      "The tokenize stage whose held-out split the loss is measured on, in sequences of its `seq`. " +
        "A perplexity that is too large for a number is left out.",
    ),
  ),
  questions: optional(questionsDef),
  generate: optional(generateDef),
});

/** `kind: report`. */
export const reportDef = object("Writes report.html.", {
  from: oneOrMany("The stages it tells about.", name("A stage.")),
});
