/** What the nodes of a block see while they are built, and what they do with it. */

import type { Builder, Value } from "../../graph/ir/graph.ts";
import type { Attrs, Op } from "../../graph/ir/op.ts";
import type { TensorType } from "../../graph/ir/tensor.ts";
import type { Place } from "../schema/tree.ts";
import type { BlockNode, Blocks } from "./block.ts";
import type { Filled, Surroundings } from "./fill.ts";
import type { Init } from "./model.ts";
import { known, NodeError, type Use } from "./_node_error.ts";
import type { OuterNames, OuterPlaces } from "./outer_names.ts";

/** A parameter as a node asks for it. */
export interface ParameterRequest {
  /** Path in the model. */
  readonly name: string;
  readonly type: TensorType;
  readonly init: Init;
  readonly matrix: boolean;
  readonly place: Place;
  /** Where checkpoints of Hugging Face hold it. */
  readonly outer: OuterPlaces;
}

/** What building needs besides blocks: the graph, the sizes, and where parameters come from. */
export interface BuildContext {
  readonly builder: Builder;
  readonly ops: Readonly<Record<string, Op>>;
  readonly blocks: Blocks;
  /** Sizes by dim name. */
  readonly dims: ReadonlyMap<string, number>;
  /** The value of a parameter. */
  parameter(request: ParameterRequest): Value;
  /** The key and the stream of one dropout; undefined: this pass has no dropout. */
  random(): { readonly key: Value; readonly stream: number } | undefined;
  /** Called for every node; throws a NodeError when there are too many. */
  countNode(path: string, use: Use): void;
  /** The message of a shape error with more about its sizes, e.g. where one was set. */
  explain(message: string): string;
}

/** What a node may refer to while its block is built. */
export interface Scope {
  readonly context: BuildContext;
  readonly around: Surroundings;
  /** Path of the block in the model; empty for the model's own block. */
  readonly path: string;
  /** Values of inputs and of the nodes built so far. */
  readonly values: Map<string, Value>;
  /** Weights of linears and embeddings by id, for `tie`. */
  readonly weights: Map<string, Value>;
  /** Where the user asked for the block. */
  readonly use: Use;
  /** Number of blocks around this one. */
  readonly depth: number;
  /** What a node of the block, or a repetition of it, is called in checkpoints of Hugging Face. */
  outerNames(id: string, index?: number): OuterNames;
}

/** A node about to be built: what it calls, constants replaced, and its path in the model. */
export interface OpNode {
  readonly node: BlockNode;
  readonly filled: Filled & { kind: "op" };
  readonly path: string;
  readonly outer: OuterNames;
}

/** The value an id refers to; `field` is the key that holds the id. */
export function valueOf(values: ReadonlyMap<string, Value>, id: string, field: string): Value {
  const value = values.get(id);
  if (value) return value;
  throw new NodeError(`unknown id "${id}"`, {
    code: "unknown-id",
    field,
    ...known(id, values.keys()),
  });
}

/** Operands in the order of `names`, whether `in` is a list or a map. */
export function inOrder(
  values: readonly Value[],
  { target, operands }: BlockNode,
  names: readonly string[],
): readonly Value[] {
  if (operands === undefined || Array.isArray(operands)) return values;
  const given = Object.keys(operands);
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new NodeError(`${target} has no operand "${unknown}"`, {
      code: "operands",
      field: "in",
      ...known(unknown, names),
    });
  }
  return names.filter((name) => given.includes(name)).map((name) => values[given.indexOf(name)]);
}

/** The size of a dim of the model; `field` is the key that names the dim. */
export function sizeOfDim({ dims }: BuildContext, name: string, field: string): number {
  const size = dims.get(name);
  if (size !== undefined) return size;
  throw new NodeError(`unknown dim "${name}"`, {
    code: "unknown-dim",
    field,
    ...known(name, dims.keys()),
  });
}

/** Adds a call; where it does not fit, a NodeError that also says where the sizes were set. */
export function callOp(scope: Scope, op: Op, values: readonly Value[], attrs: Attrs): Value {
  const { builder, explain } = scope.context;
  try {
    return builder.call(op, values, attrs)[0];
  } catch (error) {
    if (!(error instanceof Error && /^Cannot (call|parse) /.test(error.message))) throw error;
    throw new NodeError(explain(error.message), { code: "shape" });
  }
}
