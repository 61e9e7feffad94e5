/** The graph: calls of ops over typed values, in topological order. */

import type { Attrs, Call, Op } from "./op.ts";
import type { TensorType } from "./tensor.ts";

/** Where a node comes from, for error messages: a position in a YAML file, or a program's words. */
export interface Origin {
  /** `pipeline.yaml:12:7` or `--set models.dense.dims.embed`. */
  readonly location: string;
  /** The path of the node in the model, e.g. `layers.3.ffn.gate`. */
  readonly path: string;
}

/** One tensor of the graph: an input of the graph, or an output of a node. */
export interface Value {
  readonly id: number;
  readonly type: TensorType;
  /** Undefined for inputs of the graph. */
  readonly node: Node | undefined;
  /** Position among the node's outputs. */
  readonly index: number;
  /** Name of an input of the graph; for outputs of nodes, empty. */
  readonly name: string;
}

/** A call of an op. */
export interface Node {
  readonly id: number;
  readonly op: Op;
  readonly attrs: Attrs;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly call: Call;
  readonly origin: Origin | undefined;
}

/** A whole graph. Nodes are in topological order; inputs and outputs are named. */
export interface Graph {
  readonly inputs: ReadonlyMap<string, Value>;
  readonly nodes: readonly Node[];
  readonly outputs: ReadonlyMap<string, Value>;
}

/** What builds graphs; `build.ts` implements it. */
export interface Builder {
  /** Given to every node that is added until it is set again. */
  origin: Origin | undefined;
  /** Adds a named input of the graph. */
  input(name: string, type: TensorType): Value;
  /** Adds a call; throws an Error that starts `Cannot call <op>: ` where types do not fit. */
  call(op: Op, inputs: readonly Value[], attrs?: Attrs): Value[];
}
