/** Definitions of the stages that make data: documents, filter, tokenize. */

import {
  choice,
  defaulted,
  integer,
  number,
  object,
  oneOf,
  oneOrMany,
  optional,
  path,
  shorthand,
  string,
} from "./define.ts";
import { name } from "./names.ts";
import type { Tree } from "./tree.ts";

const sha256Def = string("The SHA-256 of the content, in hex; other content is an error.", {
  pattern: "^[0-9a-f]{64}$",
  expected: "64 hex digits",
});

/** A file, in full. */
export const sourceFields = object("A file and, if wanted, the digest its content must have.", {
  path: path("Where the file is, relative to the file that says so."),
  sha256: optional(sha256Def),
});

/** A file that is read: a path, or a path with the digest its content must have. */
export function source(doc: string): typeof sourceFields {
  return shorthand(doc, path("A path."), sourceFields, asPath);
}

/** A file in full, of its path. */
export function asPath(written: Tree): Tree {
  const { place } = written;
  return { type: "map", place, entries: new Map([["path", { key: place, value: written }]]) };
}

/** `kind: documents`. */
export const documentsDef = choice(
  "Reads documents from files, or makes them.",
  {},
  {
    read: {
      read: oneOrMany(
        "Files or globs: .jsonl, .csv or .txt, each also with .gz or .zst, or .parquet.",
        source("A file or a glob."),
      ),
      text: defaulted(string("The field that holds the text of a document."), "text"),
      id: optional(
        string("The field that holds the id; without it: the file's name and the line."),
      ),
      unit: defaulted(
        oneOf("What a document is in a .txt file.", ["line", "file"]),
        "line",
      ),
      on_error: defaulted(
        oneOf(
          "What happens to records that cannot be read. A file that is cut off or damaged is an error " +
            "where its format can tell: .jsonl, .csv and .txt cannot, .gz can, .zst and .parquet where " +
            "they have checksums. `sha256` tells of any change.",
          ["keep_aside", "stop"],
        ),
        "keep_aside",
      ),
    },
    generate: {
      generate: oneOf("A generator of documents, driven by the stage's seed.", ["small_world"]),
      count: integer("How many documents it makes.", { min: 1 }),
    },
  },
);

const lengthRule = object("Keeps documents with a length between `min` and `max`, both included.", {
  min: optional(integer("Shortest length that is kept.", { min: 0 })),
  max: optional(integer("Longest length that is kept.", { min: 0 })),
  unit: defaulted(oneOf("What is counted.", ["chars", "words"]), "chars"),
});

const ruleFields = choice("A rule that drops documents.", {}, {
  exact_dedup: { exact_dedup: object("Drops documents with the text of an earlier one.", {}) },
  length: { length: lengthRule },
  where: { where: string("Keeps documents for which this expression is true.") },
});

/** A rule of a filter stage. */
const ruleDef = shorthand(
  "A rule; one without parameters may be written as its name.",
  oneOf("A rule without parameters.", ["exact_dedup"]),
  ruleFields,
  (written: Tree): Tree => {
    const { place } = written;
    const key = written.type === "scalar" ? String(written.value) : "";
    const value: Tree = { type: "map", place, entries: new Map() };
    return { type: "map", place, entries: new Map([[key, { key: place, value }]]) };
  },
);

/** `kind: filter`. */
export const filterDef = object("Drops documents that a rule does not keep.", {
  from: name("The stage whose documents are filtered."),
  rules: oneOrMany("Rules, applied in order; a dropped document counts for the first.", ruleDef),
});

const tokenizerDef = choice("The tokenizer.", {}, {
  train: {
    train: oneOf("How a tokenizer is made from the documents of the training split.", [
      "bpe",
      "char",
    ]),
    vocab: optional(
      integer("Entries of a `bpe` vocabulary, special tokens included.", {
        min: 257,
        max: 1 << 20,
      }),
    ),
  },
  file: {
    file: source(
      "A Hugging Face tokenizer.json. The token that ends a text is the `eos_token` of the " +
        "tokenizer_config.json beside it, or else one of the usual names.",
    ),
  },
});

/** `kind: tokenize`. */
export const tokenizeDef = object("Turns documents into tokens, split in training and held-out.", {
  from: name("The stage whose documents are tokenized."),
  tokenizer: tokenizerDef,
  seq: integer("Tokens of a sequence.", { min: 1 }),
  held_out: defaulted(
    object("The part of the documents that is kept from training.", {
      by: defaulted(
        oneOf("Documents chosen by a `hash` of their text, or the `tail` of all text.", [
          "hash",
          "tail",
        ]),
        "hash",
      ),
      share: defaulted(
        number("The part held out: of the documents (`hash`) or of the characters (`tail`).", {
          min: 0,
          below: 1,
        }),
        0.05,
      ),
    }),
    {},
  ),
  boundaries: defaulted(
    oneOf(
      "What stands behind each document: the token that ends a text (`eos`), or nothing. Nothing stands " +
        "before it: a token that begins texts (bos) is never added.",
      ["eos", "none"],
    ),
    "eos",
  ),
});
