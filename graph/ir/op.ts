/** The interface of an op: everything the graph, the engines and the tests know about it. */

import type { Kernel } from "./kernel.ts";
import type { Dim, Dtype, TensorType } from "./tensor.ts";
import type { Builder, Node, Value } from "./graph.ts";

/** A static argument of a call. */
export type Attr = number | string | boolean | readonly (number | string)[];

/** Static arguments by name. */
export type Attrs = Readonly<Record<string, Attr>>;

/** One call of an op with everything inferred: what references, kernels and costs are made for. */
export interface Call {
  readonly op: Op;
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly attrs: Attrs;
  /** Size of each dim variable of the signature; `...` gives `BATCH`, the product of those dims. */
  readonly dims: Readonly<Record<string, number>>;
  /** Which tensor dims each dim variable stands for (`...` may stand for any number of them). */
  readonly bindings: Readonly<Record<string, readonly Dim[]>>;
}

/** Arguments or results of a reference: doubles for every dtype. */
export type Reals = Float64Array;

/**
 * An operation, described in one place. `defineOp` checks it and fills in the defaults; kernels,
 * gradients, sharding rules and tests all derive from these fields.
 */
export interface Op {
  readonly name: string;
  /** One sentence for people: what the op computes. */
  readonly doc: string;
  /** Operand names in order. With `variadic` they name the first operands only. */
  readonly inputs: readonly string[];
  /** Further operands may follow the named ones (`map`, `einsum`, `concat`). */
  readonly variadic: boolean;
  readonly outputs: readonly string[];
  /** Names of the attributes a call must give, with a default where it need not. */
  readonly attrs: Readonly<Record<string, { readonly default?: Attr; readonly doc: string }>>;
  /**
   * Element types of operands and results that are not f32. `"any"` operands of a call share one
   * type, and `"any"` results have it.
   */
  readonly dtypes: Readonly<Record<string, Dtype | "any">>;
  /** Dims in and out, e.g. `"M K, K N -> M N"`. See `signature.ts` for the notation. */
  signature(inputs: readonly TensorType[], attrs: Attrs): string;
  /** Output dims that no input has and whose size is not an attribute, by dim variable. */
  outputDims?(inputs: readonly TensorType[], attrs: Attrs): Readonly<Record<string, Dim>>;
  /** Throws an Error that says what is wrong with a call, beyond what the signature can say. */
  check?(inputs: readonly TensorType[], attrs: Attrs): void;
  /** Inputs in which the op is linear while the others are held: a Partial(sum) passes through. */
  readonly linear: readonly string[];
  /** How an output that lacks a sharded input dim is Partial; absent: such dims must carry `!`. */
  readonly reduces?: "sum" | "max";
  /** Results share the operand's memory (renames and reshapes): `{output: input}`; no launch. */
  alias?(call: Call): boolean;
  /** Outputs that may overwrite an input of the same type: element i is read before it is written. */
  readonly inPlace: Readonly<Record<string, string>>;
  /** Floating-point operations of one call. */
  flops(call: Call): number;
  /** The definition: plain loops in double precision, one result per output. */
  reference(inputs: readonly Reals[], call: Call): Reals[];
  /** Code for the engines. Absent only where `alias` always holds. */
  kernel?(call: Call): Kernel;
  /** An equal but simpler form of a call (constants, identities), or undefined. */
  fold?(builder: Builder, node: Node): readonly Value[] | undefined;
  /**
   * An equal call that also does the work of producers for which `mine` holds (nothing else reads
   * them), or undefined.
   */
  fuse?(
    builder: Builder,
    node: Node,
    mine: (operand: Value) => boolean,
  ): readonly Value[] | undefined;
  /**
   * The gradient as a graph: given the node and the cotangent of each output (undefined where no
   * gradient arrives), the cotangent of each input (undefined where there is none).
   */
  vjp?(builder: Builder, node: Node, cotangents: readonly (Value | undefined)[]): (
    | Value
    | undefined
  )[];
}
