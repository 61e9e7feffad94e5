/** A plan: programs of launches over one arena of memory. Made by `make_plan.ts`, run by a device. */

import type { Graph, Node } from "../ir/graph.ts";
import type { TensorType } from "../ir/tensor.ts";

/** A tensor that outlives a program: a parameter, an optimizer moment, a batch, a loss. */
export interface Buffer {
  readonly name: string;
  readonly type: TensorType;
  /** Byte address in the arena, a multiple of 16. */
  readonly address: number;
}

/** One call of a kernel with the byte addresses of its operands and results. */
export interface Launch {
  readonly node: Node;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Copies whole tensors between addresses, after the launches: results that could not be in place. */
export interface Copy {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/**
 * One program of a device. The inputs and outputs of its graph are buffers of the plan, by name: an
 * output with the name of an input updates that buffer.
 */
export interface Program {
  readonly name: string;
  readonly graph: Graph;
  readonly launches: readonly Launch[];
  readonly copies: readonly Copy[];
}

/** Everything a device needs: its buffers, its programs, and how much memory they take. */
export interface Plan {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly programs: ReadonlyMap<string, Program>;
  /** Size of the arena in bytes. */
  readonly bytes: number;
}
