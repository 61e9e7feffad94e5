/** Blocks as the compiler sees them: every node with an id and a place. */

import type { Attribute, BlockConfig, Filler, NodeConfig } from "../schema/definitions.ts";
import type { Path, Place } from "../schema/tree.ts";

/** Where the value at a path of a configuration was written, or its key. */
export type Locate = (path: Path, part?: "key") => Place;

/** What fills a slot, and where that was written. */
export interface Filling {
  readonly kind: "op" | "use";
  /** Name of the op, block or slot. */
  readonly target: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly slots: Readonly<Record<string, Filling>>;
  readonly place: Place;
  /** Where the slot it fills is named. */
  readonly slotPlace: Place;
}

/** A node of a block. */
export interface BlockNode extends Filling {
  /** Given, or made of the target; unique in the block. */
  readonly id: string;
  /** Ids in order, or by operand; undefined: the node before. */
  readonly operands: readonly string[] | Readonly<Record<string, string>> | undefined;
  /** A dim's name or a count: the node is unrolled that many times. */
  readonly repeat: string | number | undefined;
  /** If its value is false the node is skipped, and its id stands for its first operand. */
  readonly when: Attribute;
  /** Where a field of the node was written, or its key. */
  locate(field: string, part?: "key"): Place;
}

/** What a node, or the parameters that it makes, are called in a checkpoint. */
export interface OuterName {
  /** Within the name of the block around it. */
  readonly name: string;
  /** Dims of the stored weight and bias, e.g. `(heads head_dim) embed`; undefined: as they are. */
  readonly weight?: string;
  readonly bias?: string;
  /** Place among the parameters that one tensor holds side by side. */
  readonly part: number;
}

/** A block. */
export interface Block {
  readonly name: string;
  readonly doc: string;
  readonly inputs: readonly string[];
  /** What fills each slot by default; undefined: whoever uses the block must fill it. */
  readonly slots: ReadonlyMap<string, Filling | undefined>;
  /** Defaults of the attributes; undefined: whoever uses the block must give it. */
  readonly attrs: ReadonlyMap<string, Attribute | undefined>;
  readonly nodes: readonly BlockNode[];
  /** Id of the node that is the result; undefined: the last. */
  readonly output: string | undefined;
  /** What its nodes are called in checkpoints of Hugging Face, by layout and id. */
  readonly names: Readonly<Record<string, Readonly<Record<string, OuterName>>>>;
  /** Where the id of a name was written. */
  locateName(layout: string, id: string): Place;
  readonly place: Place;
}

/** Blocks by name: those of the pipeline hide those of the library. */
export type Blocks = ReadonlyMap<string, Block>;

/** Reads the block `name`, whose configuration stands at `path`. */
export function readBlock(name: string, config: BlockConfig, path: Path, locate: Locate): Block {
  const taken = new Set(config.nodes.flatMap(({ id }) => id ?? []));
  const slots = Object.entries(config.slots).map(([slot, filler]) =>
    [slot, filler ? readFilling(filler, [...path, "slots", slot], locate) : undefined] as const
  );
  return {
    name,
    doc: config.doc ?? "",
    inputs: config.inputs,
    slots: new Map(slots),
    attrs: new Map(Object.entries(config.attrs).map(([key, value]) => [key, value ?? undefined])),
    nodes: config.nodes.map((node, i) => readNode(node, [...path, "nodes", i], locate, taken)),
    output: config.output,
    names: { ...config.names },
    locateName: (layout, id) => locate([...path, "names", layout, id], "key"),
    place: locate(path),
  };
}

/** Reads what fills a slot, written at `path`. */
export function readFilling(filler: Filler, path: Path, locate: Locate): Filling {
  const slots = Object.entries(filler.with ?? {}).map(([slot, inner]) =>
    [slot, readFilling(inner, [...path, "with", slot], locate)] as const
  );
  return {
    kind: filler.op === undefined ? "use" : "op",
    target: filler.op ?? filler.use ?? "",
    fields: filler.attributes,
    slots: Object.fromEntries(slots),
    place: locate(path),
    slotPlace: locate(path, "key"),
  };
}

function readNode(config: NodeConfig, path: Path, locate: Locate, taken: Set<string>): BlockNode {
  const { op, use, id, in: operands, with: fillers, repeat, attributes, ...fields } = config;
  const { when = true, ...attrs } = attributes;
  const target = op ?? use ?? "";
  return {
    ...readFilling({ with: fillers ?? {}, attributes: {} }, path, locate),
    kind: op === undefined ? "use" : "op",
    target,
    id: id ?? freshId(target, taken),
    operands,
    repeat,
    when,
    fields: { ...fields, ...attrs },
    locate: (field, part) => locate([...path, field], part),
  };
}

/** An id made of the target's name; the second of a block gets `_2`. */
function freshId(target: string, taken: Set<string>): string {
  let id = target;
  for (let count = 2; taken.has(id); count++) id = `${target}_${count}`;
  taken.add(id);
  return id;
}
