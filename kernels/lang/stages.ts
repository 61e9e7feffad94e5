/** Splits a program into passes over a row: each computes what the next ones need. */

import { type DagNode, reachable } from "./dag.ts";
import type { LoopPlan } from "./loop_plan.ts";
import { type NodeFacts, nodeFacts } from "./node_facts.ts";

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
  /** Values kept for later passes in memory of the thread; none but where `keepMemos` adds them. */
  readonly memos: readonly StageStore[];
}

/** A program as passes. */
export interface StagedPlan {
  readonly plan: LoopPlan;
  readonly facts: NodeFacts;
  readonly stages: readonly Stage[];
  readonly rowStores: readonly StageStore[];
}

/** The inputs whose memory an output may share, all by position among the parameters. */
export type Aliases = ReadonlyMap<number, readonly number[]>;

/**
 * Splits a plan into stages. An output that may share the memory of an input is written in the last
 * pass that reads either.
 */
export function splitStages(plan: LoopPlan, aliases: Aliases): StagedPlan {
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
  return { plan, facts, stages, rowStores };
}

/** Moves stores behind the last pass that reads memory they may overwrite. */
function delayStores(
  plan: LoopPlan,
  stages: { reductions: Reduction[]; stores: StageStore[] }[],
  aliases: Aliases,
) {
  const readsOf = (stage: { reductions: Reduction[]; stores: StageStore[] }) =>
    passNodes([...stage.reductions.map(({ arg }) => arg), ...stage.stores.map((s) => s.value)])
      .filter(({ op }) => op === "access").map(({ value }) => plan.accesses[value].position);
  const reads = stages.map(readsOf);
  stages.forEach((stage, i) => {
    for (const store of [...stage.stores]) {
      const { position } = plan.accesses[store.access];
      const overwritten = [position, ...aliases.get(position) ?? []];
      const last = reads.findLastIndex((list) => list.some((read) => overwritten.includes(read)));
      if (last <= i) continue;
      stage.stores.splice(stage.stores.indexOf(store), 1);
      stages[last].stores.push(store);
      reads[last].push(...readsOf({ reductions: [], stores: [store] }));
    }
  });
}

/** All values a pass computes for each element. */
export function stageRoots({ reductions, stores, memos }: Stage): DagNode[] {
  return [...reductions.map(({ arg }) => arg), ...[...stores, ...memos].map(({ value }) => value)];
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
