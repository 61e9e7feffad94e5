/**
 * What the parts of a model are called in checkpoints of Hugging Face: put together level by level.
 */

import type { Dim } from "../../graph/ir/tensor.ts";
import type { Block, OuterName } from "./block.ts";

/** Layouts of checkpoints that blocks have names for: values of `model_type` in config.json. */
export const LAYOUTS = ["llama", "gpt2"] as const;
/** A layout of checkpoints. */
export type LayoutName = (typeof LAYOUTS)[number];

/** Names by layout; a layout is absent where a block on the way has no name for it. */
export type OuterNames = Readonly<Partial<Record<LayoutName, OuterName>>>;

/** Where a checkpoint holds a parameter. */
export interface OuterPlace {
  /** Name of the tensor. */
  readonly tensor: string;
  /** How it is stored: the dims of each of its dims, all of the parameter's. */
  readonly dims: readonly (readonly string[])[];
  /** Place among the parameters that the tensor holds side by side in its last dim. */
  readonly part: number;
}

/** Places of a parameter by layout. */
export type OuterPlaces = Readonly<Partial<Record<LayoutName, OuterPlace>>>;

/** The name of a model: nothing, in every layout. */
export const rootNames: OuterNames = Object.fromEntries(
  LAYOUTS.map((layout) => [layout, { name: "", part: 0 }]),
);

/** Names of node `id` of a block that is called `around`; `index` is that of a repetition. */
export function innerNames(
  around: OuterNames,
  block: Pick<Block, "names">,
  id: string,
  index?: number,
): OuterNames {
  return mapLayouts(around, ({ name: outer }, layout) => {
    const own = block.names[layout]?.[id];
    if (own === undefined) return undefined;
    const name = [outer, own.name, index].filter((word) => word !== "" && word !== undefined);
    return { ...own, name: name.join(".") };
  });
}

/**
 * Where the parameter `kind` of a node is held; undefined `kind`: the node itself is the parameter.
 */
export function outerPlaces(
  names: OuterNames,
  kind: "weight" | "bias" | undefined,
  dims: readonly Dim[],
): OuterPlaces {
  return mapLayouts(names, (outer) => {
    const pattern = kind && outer[kind];
    const stored = pattern === undefined ? dims.map(({ name }) => [name]) : readDims(pattern);
    const same = stored.flat().sort().join(" ") === dims.map(({ name }) => name).sort().join(" ");
    // A block may be used with other dims than those its names are for.
    if (!same) return undefined;
    const tensor = kind === undefined ? outer.name : `${outer.name}.${kind}`;
    return { tensor, dims: stored, part: outer.part };
  });
}

function mapLayouts<A, B>(
  record: Readonly<Partial<Record<LayoutName, A>>>,
  change: (value: A, layout: LayoutName) => B | undefined,
): Partial<Record<LayoutName, B>> {
  const result: Partial<Record<LayoutName, B>> = {};
  for (const layout of LAYOUTS) {
    const value = record[layout];
    const changed = value === undefined ? undefined : change(value, layout);
    if (changed !== undefined) result[layout] = changed;
  }
  return result;
}

/** `(heads head_dim) embed` as [[heads, head_dim], [embed]]. */
function readDims(pattern: string): string[][] {
  const groups = pattern.match(/\([^()]*\)|[^\s()]+/g) ?? [];
  return groups.map((group) => group.match(/[^\s()]+/g) ?? []);
}
