/** Splits a program into passes over a row: each computes what the next ones need. */

import { type DagNode, reachable } from "./dag.ts";
import type { LoopPlan, PlannedAccess } from "./loop_plan.ts";
import { THREAD_SCRATCH } from "./scratch.ts";
import { type NodeFacts, nodeFacts, ROW } from "./node_facts.ts";

/** A reduction and the value it reduces, the latter in terms of what earlier passes left. */
export interface Reduction {
  readonly node: DagNode;
  readonly arg: DagNode;
}

/** A vector that goes to memory. */
export interface StageStore {
  readonly access: number;
  readonly value: DagNode;
}

/** One pass over a row. */
export interface Stage {
  readonly reductions: readonly Reduction[];
  readonly stores: readonly StageStore[];
  /** Values kept for later passes in memory of the thread. */
  readonly memos: readonly StageStore[];
}

/** A program as passes. */
export interface StagedPlan {
  /** The plan, with accesses to the memos added. */
  readonly plan: LoopPlan;
  readonly facts: NodeFacts;
  readonly stages: readonly Stage[];
  readonly rowStores: readonly StageStore[];
  /** Memory of each thread for memos. */
  readonly memoBytes: number;
}

/** Operations from which on a value is kept for later passes rather than computed again. */
const MEMO_COST = 8;
/** Most memory for one memo: what caches hold. */
const MOST_MEMO_BYTES = 1 << 20;
const BYTES = 4;
const VECTOR_BYTES = 16;

/**
 * Splits a plan into stages. `aliases` maps an output to the input whose memory it may share: such an
 * output is written in the last pass that reads either.
 */
export function splitStages(plan: LoopPlan, aliases: ReadonlyMap<number, number>): StagedPlan {
  const facts = nodeFacts(plan);
  const fullStores = plan.stores.filter(({ isPerRow }) => !isPerRow);
  const rowStores = plan.stores.filter(({ isPerRow }) => isPerRow);
  const reductions = reachable(plan.stores.map(({ value }) => value))
    .filter(({ op }) => op === "sum" || op === "maximum");
  const count = 1 + Math.max(
    ...reductions.map((node) => facts.level(node) - 1),
    ...fullStores.map(({ value }) => facts.level(value)),
    -1,
  );
  const stages = Array.from({ length: count }, (_, stage) => ({
    reductions: reductions.filter((node) => facts.level(node) - 1 === stage)
      .map((node) => ({ node, arg: node.args[0] })),
    stores: fullStores.filter(({ value }) => facts.level(value) === stage),
    memos: [],
  }));
  delayStores(plan, stages, aliases);
  return keepMemos(plan, facts, stages, rowStores);
}

/** Moves stores behind the last pass that reads memory they may overwrite. */
function delayStores(
  plan: LoopPlan,
  stages: { reductions: Reduction[]; stores: StageStore[] }[],
  aliases: ReadonlyMap<number, number>,
) {
  const readsOf = (stage: { reductions: Reduction[]; stores: StageStore[] }) =>
    passNodes([...stage.reductions.map(({ arg }) => arg), ...stage.stores.map((s) => s.value)])
      .filter(({ op }) => op === "access").map(({ value }) => plan.accesses[value].position);
  const reads = stages.map(readsOf);
  stages.forEach((stage, i) => {
    for (const store of [...stage.stores]) {
      const { position } = plan.accesses[store.access];
      const overwritten = [position, aliases.get(position)];
      const last = reads.findLastIndex((list) => list.some((read) => overwritten.includes(read)));
      if (last <= i) continue;
      stage.stores.splice(stage.stores.indexOf(store), 1);
      stages[last].stores.push(store);
      reads[last].push(...readsOf({ reductions: [], stores: [store] }));
    }
  });
}

/** Values one pass computes, `roots` among them: what reductions have left is not entered. */
export function passNodes(roots: readonly DagNode[]): DagNode[] {
  const seen = new Set<DagNode>();
  const visit = (node: DagNode) => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.op !== "sum" && node.op !== "maximum") node.args.forEach(visit);
  };
  roots.forEach(visit);
  return [...seen];
}

/** Finds costly values that several passes need; the first one stores them, the others load them. */
function keepMemos(
  plan: LoopPlan,
  facts: NodeFacts,
  stages: readonly Stage[],
  rowStores: readonly StageStore[],
): StagedPlan {
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
