/** Pointers of accesses: where they start in a row, and how loops move them. */

import type { DagNode } from "./dag.ts";
import { ROW } from "./node_facts.ts";
import { BYTES, type Emission } from "./wasm_emission.ts";
import { type I32, i32, i32x4 } from "./wasm_expr.ts";

/** An access as a pass uses it: a byte offset that is one number for the row is in the pointer. */
export interface PointerUse {
  readonly access: number;
  readonly rowOffset: DagNode | undefined;
}

/** True for a byte offset that is one number for the whole row. */
export function isRowOffset({ staged: { facts } }: Emission, offset: DagNode): boolean {
  return facts.depth(offset) <= ROW && !facts.variesByLane(offset);
}

/** The pointer of an access node at the current position. */
export function pointerOf(e: Emission, access: number, offset: DagNode | undefined): I32 {
  const rowOffset = offset && isRowOffset(e, offset) ? offset : undefined;
  const use = { access, rowOffset };
  return e.scopes.pointer(nameOf(use)) ?? rowPointer(e, use);
}

/** Computes the pointers of a row into locals, in the current scope. */
export function bindRowPointers(e: Emission, uses: readonly PointerUse[]) {
  for (const use of uses) {
    const name = nameOf(use);
    if (!e.scopes.pointer(name)) e.scopes.bindPointer(name, e.f.hold(rowPointer(e, use)));
  }
}

/**
 * Makes pointers that move along an inner dim, in the current scope, and returns what moves them by
 * a number of steps. `first` steps are taken at once.
 */
export function movePointers(
  e: Emission,
  uses: readonly PointerUse[],
  dim: number,
  first?: I32,
): (steps: number) => void {
  const moving = uses.map((use) => {
    const stride = e.staged.plan.accesses[use.access].inner[dim] * BYTES;
    if (stride === 0) return undefined;
    const start = pointerOf(e, use.access, use.rowOffset);
    const local = e.f.hold(first ? i32.add(start, times(first, stride)) : start);
    e.scopes.bindPointer(nameOf(use), local);
    return { local, stride };
  }).filter((pointer) => pointer !== undefined);
  return (steps) => {
    for (const { local, stride } of moving) e.f.increment(local, steps * stride);
  };
}

function nameOf({ access, rowOffset }: PointerUse): string {
  return rowOffset ? `${access}+${rowOffset.id}` : `${access}`;
}

/** The address of an access at the start of the current row. */
function rowPointer(e: Emission, { access, rowOffset }: PointerUse): I32 {
  const { position, start, outer } = e.staged.plan.accesses[access];
  // Before begin and end come the scratch memory (-2) and the thread's own (-1).
  const base = e.parameters[position >= 0 ? position : e.parameters.length - 2 + position];
  const terms: I32[] = [base];
  if (start !== 0) terms.push(i32.const(start * BYTES));
  if (outer.some((stride) => stride !== 0)) terms.push(rowBytes(e, outer));
  if (rowOffset) terms.push(i32x4.extractLane(e.value(rowOffset, 0), 0));
  return terms.reduce((sum, term) => i32.add(sum, term));
}

/** Bytes from the first row to the current one; accesses that step alike share the local. */
function rowBytes(e: Emission, strides: readonly number[]): I32 {
  const name = `row ${strides}`;
  const known = e.scopes.pointer(name);
  if (known) return known;
  const sum = strides.map((stride, i) =>
    stride === 0 ? undefined : times(e.outerAt[i], stride * BYTES)
  ).filter((term) => term !== undefined).reduce((a, b) => i32.add(a, b));
  const local = e.f.hold(sum);
  e.scopes.bindPointer(name, local);
  return local;
}

/** `value * factor`, by a shift for powers of two. */
export function times(value: I32, factor: number): I32 {
  if (factor === 1) return value;
  const bits = Math.log2(factor);
  return Number.isInteger(bits) && bits > 0
    ? i32.shl(value, i32.const(bits))
    : i32.mul(value, i32.const(factor));
}
