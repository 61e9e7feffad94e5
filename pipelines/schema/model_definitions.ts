/** Definitions of models, blocks and nodes. */

import {
  boolean,
  choice,
  defaulted,
  integer,
  list,
  map,
  named,
  nothing,
  number,
  object,
  oneOf,
  oneOrMany,
  optional,
  path,
  shorthand,
  string,
  union,
  withAttributes,
} from "./define.ts";
import type { Def } from "./shape.ts";
import { constant, dim, dimShape, name, word, wordShape } from "./names.ts";
import type { Tree } from "./tree.ts";

/** A value of an attribute that an op or a block declares. */
export type Attribute = number | string | boolean | readonly (number | string)[];

/** What fills a slot: a block or an op, its attributes, and what fills its own slots. */
export interface Filler {
  readonly use?: string;
  readonly op?: string;
  readonly with?: Readonly<Record<string, Filler>>;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

const one = union(
  "A value of an attribute.",
  number("A number."),
  string("Text, or a constant such as `$name`."),
);
const attributeDef: Def<Attribute> = named(
  "attribute",
  "A value of an attribute: a number, text, truth value or list.",
  () =>
    union(
      "A value of an attribute: a number, text, truth value or list.",
      number("A number."),
      string("Text, or a constant such as `$name`."),
      boolean("A truth value."),
      list("Numbers or words.", one, { min: 0 }),
    ),
);

const fillers: Def<Readonly<Record<string, Filler>>> = map(
  "What fills the slots of the block.",
  wordShape,
  named("filler", "What fills a slot: a block by name, or with attributes.", () => fillerDef),
);

const fillerDef: Def<Filler> = shorthand(
  "What fills a slot: a block by name, or with attributes.",
  name("A block."),
  withAttributes(
    choice("A block or op with its attributes.", { with: optional(fillers) }, {
      use: { use: name("The block.") },
      op: { op: word("The op.") },
    }),
    attributeDef,
  ) as Def<Filler>,
  (written: Tree): Tree => ({
    type: "map",
    place: written.place,
    entries: new Map([["use", { key: written.place, value: written }]]),
  }),
);

/** A model. */
export const modelDef = withAttributes(
  object("A model: a block with sizes for its dims, or a folder of a trained one.", {
    use: optional(name("The block that is the whole model.")),
    from: optional(
      path("A folder in the layout of Hugging Face; then nothing else is given beside it."),
    ),
    extends: optional(name("A model whose keys this one takes over: maps merge.")),
    dims: defaulted(
      map(
        "Sizes of the dims.",
        wordShape,
        union(
          "A size, or for `vocab` the word `auto`: what the tokenizer has.",
          integer("A size.", { min: 1, max: 2 ** 31 - 1 }),
          oneOf("The tokenizer's size.", ["auto"]),
        ),
      ),
      {},
    ),
    with: optional(fillers),
  }),
  attributeDef,
);

const dimsOf = (doc: string) => oneOrMany(doc, { doc: "A dim.", shape: dimShape } as Def<string>);

/** A node of a block. */
export const nodeDef = named("node", "A node: one call of an op or a block.", () =>
  withAttributes(
    choice("A node: one call of an op or a block.", {
      id: optional(word("A name for later nodes to refer to, within the block.")),
      in: optional(
        union(
          "What it reads: an id, a list, or ids by operand; without it, the node before.",
          oneOrMany("Ids.", word("An id.")),
          map("Ids by operand.", wordShape, word("An id.")),
        ),
      ),
      to: optional(dimsOf("The dims that the op makes.")),
      over: optional(dimsOf("The dims that the op contracts or reduces; default: the last.")),
      expr: optional(string("An expression over the inputs, e.g. `silu(gate) * up`.")),
      eq: optional(
        string("An einsum with long names, e.g. `batch seq embed, embed mlp -> batch seq mlp`."),
      ),
      bias: optional(
        union(
          "Whether the op has a bias.",
          boolean("Whether the op has a bias."),
          constant("A constant of the block."),
        ),
      ),
      init: optional(
        union(
          "How new parameters begin: a name, a standard deviation, or a map with `kind`.",
          string("A name, or a constant of the block."),
          number("Standard deviation of a normal distribution.", { min: 0 }),
          map("A distribution and its numbers.", wordShape, one),
        ),
      ),
      with: optional(fillers),
      repeat: optional(
        union(
          "How often the node stands in a row, each with parameters of its own.",
          integer("A number.", { min: 1 }),
          dim("A dim."),
        ),
      ),
      tie: optional(word("The id of a node whose parameters it shares.")),
    }, {
      op: { op: word("The op.") },
      use: { use: name("The block or slot.") },
    }),
    attributeDef,
  ));

const partNames = map(
  "What each part, by its id, is called there; the dots between levels are put in.",
  wordShape,
  shorthand(
    "A name within that of the block, and for `linear` and `embedding` how they are stored.",
    string("The name."),
    object("A name, and how the parameters are stored.", {
      name: string("The name."),
      weight: optional(
        string(
          "Dims of the stored weight, e.g. `(heads head_dim) embed`; absent: as they are here.",
        ),
      ),
      bias: optional(string("The same for the bias.")),
      part: defaulted(
        integer("The place in a tensor that holds several, side by side in the last dim.", {
          min: 0,
        }),
        0,
      ),
    }),
    (written: Tree): Tree => ({
      type: "map",
      place: written.place,
      entries: new Map([["name", { key: written.place, value: written }]]),
    }),
  ),
);

const blockFields = object("A block: nodes that read its inputs, and its last node's value.", {
  doc: optional(string("What it computes.")),
  inputs: defaulted(oneOrMany("Names of its inputs.", word("An input.")), ["x"]),
  slots: defaulted(
    map(
      "Blocks that a user of this one may replace, and what stands there otherwise.",
      wordShape,
      union(
        "What fills the slot; nothing: it must be filled.",
        named("filler", "What fills a slot: a block by name, or with attributes.", () => fillerDef),
        nothing("It must be filled."),
      ),
    ),
    {},
  ),
  attrs: defaulted(
    map(
      "Attributes that a user of this block may give, and their defaults.",
      wordShape,
      union("The default; nothing: it must be given.", attributeDef, nothing("It must be given.")),
    ),
    {},
  ),
  nodes: list("The nodes, in order.", nodeDef),
  output: optional(word("The id of the node whose value it gives; without it, the last one.")),
  names: optional(
    object("Names of its parts in checkpoints of Hugging Face, by the `model_type` there.", {
      llama: optional(partNames),
      gpt2: optional(partNames),
    }),
  ),
});

/** A block. */
export const blockDef = shorthand(
  "A block: a list of nodes, or a map with more about it.",
  list("The nodes, in order.", nodeDef),
  blockFields,
  (written: Tree): Tree => ({
    type: "map",
    place: written.place,
    entries: new Map([["nodes", { key: written.place, value: written }]]),
  }),
);
