/** What the emitter asks about values: how deep in the loops they live, whether lanes differ. */

import type { DagNode } from "./dag.ts";
import type { LoopPlan } from "./loop_plan.ts";

/** Depth of values that are the same in the whole launch, and of those that are the same in a row. */
export const LAUNCH = 0;
export const ROW = 1;

/** Facts about the values of a plan. */
export interface NodeFacts {
  /** `LAUNCH`, `ROW`, or 2 + the position of the innermost inner loop it depends on. */
  depth(node: DagNode): number;
  /** Whether it may differ between the lanes of a vector. */
  variesByLane(node: DagNode): boolean;
  /** Number of reductions, one after another, that must be complete before it is known. */
  level(node: DagNode): number;
  /** Operations to compute it in an inner loop, loads and what rows share not counted. */
  cost(node: DagNode): number;
}

/** Computes facts on demand. */
export function nodeFacts(plan: LoopPlan): NodeFacts {
  const { outer, inner, lanes } = plan;
  const isReduction = ({ op }: DagNode) => op === "sum" || op === "maximum";

  const innermost = (strides: readonly number[]) => strides.findLastIndex((stride) => stride !== 0);
  const ownDepth = (node: DagNode): number => {
    if (node.op === "access") {
      const access = plan.accesses[node.value];
      const at = innermost(access.inner);
      if (at >= 0) return 2 + at;
      return innermost(access.outer) >= 0 ? ROW : LAUNCH;
    }
    if (node.op === "index") {
      const at = inner.findIndex(({ name }) => name === node.name);
      return at >= 0 ? 2 + at : ROW;
    }
    return isReduction(node) ? ROW : LAUNCH;
  };
  const depth = memoized((node: DagNode): number =>
    isReduction(node)
      ? ROW
      : node.args.reduce((most, arg) => Math.max(most, depth(arg)), ownDepth(node))
  );

  const ownVaries = (node: DagNode): boolean => {
    const list = lanes === "inner" ? inner : outer;
    const last = list.length - 1;
    if (node.op === "access") return plan.accesses[node.value][lanes][last] !== 0;
    return node.op === "index" && node.name === list[last].name;
  };
  const variesByLane = memoized((node: DagNode): boolean =>
    // A reduction along the lanes gives all of them the same value.
    (lanes === "inner" && isReduction(node))
      ? false
      : ownVaries(node) || node.args.some(variesByLane)
  );

  const level = memoized((node: DagNode): number =>
    node.args.reduce((most, arg) => Math.max(most, level(arg)), 0) + Number(isReduction(node))
  );

  const cost = memoized((root: DagNode): number => {
    const seen = new Set<DagNode>();
    const visit = (node: DagNode): number => {
      if (seen.has(node) || depth(node) <= ROW) return 0;
      seen.add(node);
      const own = node.op === "access" || node.op === "index" ? 0 : 1;
      return node.args.reduce((sum, arg) => sum + visit(arg), own);
    };
    return visit(root);
  });
  return { depth, variesByLane, level, cost };
}

/** Remembers answers by node. */
function memoized<T>(compute: (node: DagNode) => T): (node: DagNode) => T {
  const known = new Map<DagNode, T>();
  return (node) => {
    const answer = known.get(node);
    if (answer !== undefined) return answer;
    const result = compute(node);
    known.set(node, result);
    return result;
  };
}
