/** Keeps values that are costly to compute from one pass over a row to the next. */

import type { DagNode } from "./dag.ts";
import type { PlannedAccess } from "./loop_plan.ts";
import { nodeFacts, ROW } from "./node_facts.ts";
import { THREAD_SCRATCH } from "./scratch.ts";
import { passNodes, type Stage, type StagedPlan } from "./stages.ts";

/** Operations from which on a value is kept for later passes rather than computed again. */
const MEMO_COST = 8;
/** Most memory for one memo: what caches hold. */
const MOST_MEMO_BYTES = 1 << 20;
const BYTES = 4;
const VECTOR_BYTES = 16;

/** Passes that keep values in memory of the thread. */
export interface MemoizedPlan extends StagedPlan {
  readonly memoBytes: number;
}

/**
 * Finds costly values that several passes over a row need: the first one stores them in memory of
 * the thread, the others load them. The plan gets accesses to them.
 */
export function keepMemos({ plan, facts, stages, rowStores }: StagedPlan): MemoizedPlan {
  const elements = plan.inner.reduce((product, { size }) => product * size, 1);
  const rowBytes = Math.ceil(elements * BYTES / VECTOR_BYTES) * VECTOR_BYTES + VECTOR_BYTES;
  const isPossible = plan.lanes === "inner" && rowBytes <= MOST_MEMO_BYTES;
  const accesses = [...plan.accesses];
  const firstStage = new Map<DagNode, number>();
  const memos = new Map<DagNode, number>();
  const memoAccess = (): PlannedAccess => ({
    position: THREAD_SCRATCH,
    start: memos.size * rowBytes / BYTES,
    outer: plan.outer.map(() => 0),
    inner: plan.inner.map((_, i) =>
      plan.inner.slice(i + 1).reduce((product, { size }) => product * size, 1)
    ),
  });
  const mark = (node: DagNode, stage: number, seen: Set<DagNode>) => {
    if (seen.has(node)) return;
    seen.add(node);
    const first = firstStage.get(node);
    const isWorthIt = node.type !== "bool" && facts.depth(node) > ROW &&
      facts.cost(node) >= MEMO_COST;
    if (isPossible && first !== undefined && first < stage && isWorthIt) {
      if (!memos.has(node)) memos.set(node, accesses.push(memoAccess()) - 1);
      return;
    }
    if (node.op !== "sum" && node.op !== "maximum") {
      node.args.forEach((arg) => mark(arg, stage, seen));
    }
  };
  stages.forEach((stage, i) => {
    const roots = [...stage.reductions.map(({ arg }) => arg), ...stage.stores.map((s) => s.value)];
    const seen = new Set<DagNode>();
    roots.forEach((root) => mark(root, i, seen));
    for (const node of passNodes(roots)) if (!firstStage.has(node)) firstStage.set(node, i);
  });

  const rewritten = stages.map((stage, i): Stage => {
    // In the pass that computes a value first, it stays what it is.
    const later = new Map([...memos].filter(([node]) => firstStage.get(node)! < i));
    const done = new Map<DagNode, DagNode>();
    const inLater = (node: DagNode): DagNode => {
      const known = done.get(node);
      if (known) return known;
      const memo = later.get(node);
      const result = memo !== undefined
        ? plan.builder.access(node.type, memo)
        : node.op === "sum" || node.op === "maximum" || later.size === 0
        ? node
        : plan.builder.rebuild(node, node.args.map(inLater));
      done.set(node, result);
      return result;
    };
    return {
      reductions: stage.reductions.map(({ node, arg }) => ({ node, arg: inLater(arg) })),
      stores: stage.stores.map(({ access, value }) => ({ access, value: inLater(value) })),
      memos: [...memos].filter(([node]) => firstStage.get(node) === i)
        .map(([value, access]) => ({ access, value })),
    };
  });
  const grown = { ...plan, accesses };
  return {
    plan: grown,
    facts: nodeFacts(grown),
    stages: rewritten,
    rowStores,
    memoBytes: memos.size * rowBytes,
  };
}
