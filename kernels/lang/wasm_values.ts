/** Writes values: each one once per scope, at the depth of the loops where it belongs. */

import type { DagNode } from "./dag.ts";
import { LAUNCH } from "./node_facts.ts";
import { loadVector } from "./wasm_access.ts";
import type { Emission } from "./wasm_emission.ts";
import { i32x4, type V128 } from "./wasm_expr.ts";
import { constantVector, LANES, operationVector } from "./wasm_operation.ts";

/** The vector of a value: what `Emission.value` does. */
export function valueVector(e: Emission, node: DagNode, vector: number): V128 {
  const name = nameOf(e, node, vector);
  const known = e.scopes.vector(name);
  if (known) return known;
  const value = computeVector(e, node, vector);
  return (e.uses.get(node) ?? 0) > 1 ? e.scopes.hold(name, value) : value;
}

/** Binds the vector of a value that is written elsewhere, such as a finished reduction. */
export function bindValue(e: Emission, node: DagNode, vector: number, local: V128) {
  e.scopes.bind(nameOf(e, node, vector), local);
}

function nameOf({ staged }: Emission, node: DagNode, vector: number): string {
  return staged.facts.variesByLane(node) ? `${node.id}:${vector}` : `${node.id}`;
}

/**
 * Puts into locals, in the current scope, those of the values that `roots` need for which `belongs`
 * holds, for vectors `0 .. vectors - 1`. Before a loop, this keeps work out of it.
 */
export function prepareValues(
  e: Emission,
  roots: readonly DagNode[],
  vectors: number,
  belongs: (node: DagNode) => boolean,
) {
  const seen = new Set<DagNode>();
  const visit = (node: DagNode) => {
    if (seen.has(node)) return;
    seen.add(node);
    if (!belongs(node)) {
      node.args.filter((arg) => !isImmediate(node, arg)).forEach(visit);
      return;
    }
    const count = e.staged.facts.variesByLane(node) ? vectors : 1;
    for (let vector = 0; vector < count; vector++) {
      const name = nameOf(e, node, vector);
      if (!e.scopes.vector(name)) e.scopes.hold(name, computeVector(e, node, vector));
    }
  };
  roots.forEach(visit);
}

/** Puts what is the same in the whole launch into locals, all constants among it. */
export function prepareLaunch(e: Emission, roots: readonly DagNode[]) {
  const seen = new Set<DagNode>();
  const visit = (node: DagNode) => {
    if (seen.has(node)) return;
    seen.add(node);
    node.args.filter((arg) => !isImmediate(node, arg)).forEach(visit);
    if (node.op === "const") prepareValues(e, [node], 1, () => true);
  };
  roots.forEach(visit);
  const { facts } = e.staged;
  // Reductions are entered as well: their operands are needed all the same.
  for (const node of seen) {
    if (facts.depth(node) === LAUNCH) prepareValues(e, [node], 1, () => true);
  }
}

/** Binds the lane numbers `0 1 2 3`, `4 5 6 7`, ... that coordinates are made of. */
export function prepareLaneNumbers(e: Emission, vectors: number) {
  for (let vector = 0; vector < vectors; vector++) {
    e.scopes.hold(laneNumbersName(vector), laneNumbers(vector));
  }
}

function laneNumbersName(vector: number): string {
  return `lanes ${vector}`;
}

function laneNumbers(vector: number): V128 {
  const first = vector * LANES;
  return i32x4.const(first, first + 1, first + 2, first + 3);
}

function computeVector(e: Emission, node: DagNode, vector: number): V128 {
  switch (node.op) {
    case "const":
      return constantVector(node.type, node.value);
    case "index":
      return indexVector(e, node, vector);
    case "access":
      return loadVector(e, node, vector);
    case "sum":
    case "maximum":
      throw new Error(`Cannot emit ${node.op}: its pass has not been written`);
    default: {
      const args = node.args.map((arg) =>
        isImmediate(node, arg) ? constantVector(arg.type, arg.value) : e.value(arg, vector)
      );
      return operationVector(e.f, node, args, (arg) => !e.staged.facts.variesByLane(arg));
    }
  }
}

/** True for constants that instructions hold themselves. */
function isImmediate({ op, args }: DagNode, arg: DagNode): boolean {
  return arg.op === "const" && arg === args[1] && (op === "shl" || op === "shr");
}

/** The coordinates of the lanes along a dim. */
function indexVector(e: Emission, node: DagNode, vector: number): V128 {
  const { plan, facts } = e.staged;
  const inner = plan.inner.findIndex(({ name }) => name === node.name);
  const outer = plan.outer.findIndex(({ name }) => name === node.name);
  const first = i32x4.splat(inner >= 0 ? e.innerAt[inner] : e.outerAt[outer]);
  if (!facts.variesByLane(node)) return first;
  return i32x4.add(first, e.scopes.vector(laneNumbersName(vector)) ?? laneNumbers(vector));
}
