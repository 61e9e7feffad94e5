/** Writes what one pass does with one vector: adds to its reductions, stores. */

import type { DagNode } from "./dag.ts";
import { ROW } from "./node_facts.ts";
import { passNodes, type Reduction, type Stage, stageRoots, type StageStore } from "./stages.ts";
import { storeVector } from "./wasm_access.ts";
import type { Emission } from "./wasm_emission.ts";
import { f32x4, type Local, type V128, v128 } from "./wasm_expr.ts";
import { combineVectors, constantVector, selectLanes } from "./wasm_operation.ts";
import { isRowOffset, type PointerUse } from "./wasm_pointers.ts";
import { bindValue } from "./wasm_values.ts";

/** Accumulators of one reduction. */
export interface Accumulators {
  readonly reduction: Reduction;
  readonly locals: readonly Local<"v128">[];
}

/** The accesses whose pointers a pass needs inside its loops. */
export function stagePointers(e: Emission, stage: Stage): PointerUse[] {
  const { facts } = e.staged;
  const uses: PointerUse[] = [...stage.stores, ...stage.memos].map(({ access }) => (
    { access, rowOffset: undefined }
  ));
  for (const node of passNodes(stageRoots(stage))) {
    const isInside = facts.depth(node) > ROW ||
      (e.staged.plan.lanes === "outer" && facts.variesByLane(node));
    if (node.op !== "access" || !isInside) continue;
    const [offset] = node.args;
    uses.push({
      access: node.value,
      rowOffset: offset && isRowOffset(e, offset) ? offset : undefined,
    });
  }
  return uses.filter((use, i) =>
    uses.findIndex((other) => other.access === use.access && other.rowOffset === use.rowOffset) ===
      i
  );
}

/** New accumulators that hold the neutral element; `count` of them, fewer where lanes are equal. */
export function startReductions(
  e: Emission,
  { reductions }: Stage,
  count: (reduction: Reduction) => number,
): Accumulators[] {
  return reductions.map((reduction) => ({
    reduction,
    locals: Array.from({ length: count(reduction) }, () => newAccumulator(e, reduction)),
  }));
}

/**
 * Adds a vector to accumulators number `at`, then stores. Lanes outside `mask` count for nothing,
 * and `fill` is stored in them.
 */
export function writeVector(
  e: Emission,
  stage: Stage,
  accumulators: readonly Accumulators[],
  vector: number,
  at: number,
  mask?: V128,
  fill?: number,
) {
  for (const { reduction, locals } of accumulators) {
    const local = locals[Math.min(at, locals.length - 1)];
    e.f.set(local, accumulate(e, reduction, local, vector, mask));
  }
  const stores: readonly StageStore[] = [...stage.stores, ...stage.memos];
  // All values come before all stores: what is stored may overwrite an operand.
  const values = stores.map(({ value }) => {
    const computed = e.value(value, vector);
    if (stores.length === 1) return computed;
    const held = e.scopes.temporary();
    e.f.set(held, computed);
    return held;
  });
  stores.forEach(({ access, value: { type } }, i) => {
    const isFilled = mask !== undefined && fill !== undefined && i < stage.stores.length;
    const filled = isFilled ? selectLanes(values[i], constantVector(type, fill), mask) : values[i];
    storeVector(e, access, vector, filled);
  });
}

function accumulate(
  e: Emission,
  { node, arg }: Reduction,
  local: Local<"v128">,
  vector: number,
  mask: V128 | undefined,
): V128 {
  const isProduct = node.op === "sum" && arg.op === "mul" && arg.type === "f32" &&
    e.uses.get(arg) === 1;
  if (isProduct && !mask) {
    const [a, b] = arg.args.map((factor) => e.value(factor, vector));
    return f32x4.relaxedMadd(a, b, local);
  }
  const value = e.value(arg, vector);
  const counted = !mask
    ? value
    : node.op === "sum"
    ? v128.and(value, mask)
    : selectLanes(value, neutral(node), mask);
  return combineVectors(opOf(node), node.type, local, counted);
}

/** Steps that are added up before they are added to the rest: sums of sums are more exact. */
export const BLOCK_STEPS = 128;

/** The outermost of nested loops that, with those inside it, takes at most `BLOCK_STEPS` steps. */
export function blockLoop(sizes: readonly number[]): number {
  let steps = 1;
  let loop = sizes.length;
  while (loop > 0 && steps * sizes[loop - 1] <= BLOCK_STEPS) steps *= sizes[--loop];
  return loop;
}

/** Lets `write` add to accumulators of its own, then adds these to `totals`. */
export function addBlock(
  e: Emission,
  totals: readonly Accumulators[],
  write: (sums: readonly Accumulators[]) => void,
) {
  const sums = totals.map(({ reduction, locals }): Accumulators => ({
    reduction,
    locals: locals.map(() => newAccumulator(e, reduction)),
  }));
  write(sums);
  totals.forEach(({ reduction: { node }, locals }, i) => {
    locals.forEach((total, at) => {
      e.f.set(total, combineVectors(opOf(node), node.type, total, sums[i].locals[at]));
    });
  });
}

function newAccumulator(e: Emission, { node }: Reduction): Local<"v128"> {
  const local = e.scopes.temporary();
  e.f.set(local, neutral(node));
  return local;
}

function opOf({ op }: DagNode): "sum" | "maximum" {
  return op === "sum" ? "sum" : "maximum";
}

/** Combines the accumulators of vectors along the lanes, then the lanes; binds the results. */
export function finishAcrossLanes(e: Emission, accumulators: readonly Accumulators[]) {
  for (const { reduction: { node }, locals } of accumulators) {
    const op = opOf(node);
    const [total] = locals;
    for (let width = 1; width < locals.length; width *= 2) {
      for (let i = 0; i + width < locals.length; i += 2 * width) {
        e.f.set(locals[i], combineVectors(op, node.type, locals[i], locals[i + width]));
      }
    }
    for (const lanes of [[2, 3, 0, 1], [1, 0, 3, 2]] as const) {
      e.f.set(total, combineVectors(op, node.type, total, v128.shuffle(total, total, lanes)));
    }
    bindValue(e, node, 0, total);
  }
}

/** Binds the results of reductions whose lanes are results of their own. */
export function finishByLane(e: Emission, accumulators: readonly Accumulators[]) {
  for (const { reduction: { node }, locals } of accumulators) {
    locals.forEach((local, vector) => bindValue(e, node, vector, local));
  }
}

/** What changes nothing in a sum or maximum. */
function neutral({ op, type }: DagNode): V128 {
  if (op === "sum") return constantVector(type, 0);
  return constantVector(type, type === "f32" ? -Infinity : type === "i32" ? -(2 ** 31) : 0);
}
