/** What the writers of one function share. */

import type { DagNode } from "./dag.ts";
import type { StagedPlan } from "./stages.ts";
import type { FunctionWriter } from "./wasm_code.ts";
import type { I32, Local, V128 } from "./wasm_expr.ts";
import type { WasmScopes } from "./wasm_scope.ts";

/** Bytes of an element. */
export const BYTES = 4;

/** The state of writing one function. */
export interface Emission {
  readonly f: FunctionWriter;
  readonly staged: StagedPlan;
  /** How often each value is used; one used once needs no local. */
  readonly uses: ReadonlyMap<DagNode, number>;
  readonly scopes: WasmScopes;
  /** Addresses of the tensors, then of scratch and of the thread's scratch, then begin and end. */
  readonly parameters: readonly Local<"i32">[];
  /** The units to compute: locals or parameters. */
  readonly begin: I32;
  readonly end: I32;
  /** Coordinates of the current row along each outer dim; with lanes there, of the first lane. */
  outerAt: readonly I32[];
  /** Coordinates of the current step along each inner dim, likewise. */
  innerAt: I32[];
  /** Lanes that exist of each vector from the current position on; others are not read singly. */
  lanes: readonly number[];
  /** The vector of a value; `vector` counts vectors along the lanes from the current position. */
  value(node: DagNode, vector: number): V128;
}
