/** Chooses whether a program works on single elements or on vectors of four. */

import { type DagNode, reachable } from "./dag.ts";
import type { LoopPlan, PlannedAccess } from "./loop_plan.ts";
import { type StagedPlan, stageRoots } from "./stages.ts";
import type { WgslWidth } from "./wgsl_text.ts";

/** A part of a program, with the width it is written in. */
export interface WgslPart {
  readonly staged: StagedPlan;
  readonly width: WgslWidth;
}

/** Everything a part computes, its limit included. */
export function partRoots({ stages, rowStores, plan: { limit } }: StagedPlan): DagNode[] {
  return [
    ...stages.flatMap(stageRoots),
    ...rowStores.map(({ value }) => value),
    ...limit ? [limit] : [],
  ];
}

/** The stores of all passes; those per row come last. */
export function partStores({ stages, rowStores }: StagedPlan) {
  return [...stages.flatMap(({ stores }) => stores), ...rowStores];
}

/**
 * Four elements where the innermost loop goes through memory element by element and every vector
 * starts at a multiple of four. The end of a tensor may be a part of a vector where all of it is
 * one loop (`isWhole`: not a part of a dim): the memory up to the next multiple of 16 bytes belongs
 * to it.
 */
export function chooseWidth(staged: StagedPlan, isWhole: boolean): WgslWidth {
  const { plan, facts } = staged;
  const { size } = plan.inner[plan.inner.length - 1];
  const isFlat = isWhole && plan.outer.length === 0 && plan.inner.length === 1 && size > 4;
  if (plan.lanes === "outer" || (size % 4 !== 0 && !isFlat)) return 1;
  const stores = staged.stages.flatMap((stage) => stage.stores);
  const loads = reachable(partRoots(staged)).filter(({ op }) => op === "access");
  const uses = [
    ...stores.map(({ access }) => ({ access: plan.accesses[access], offset: undefined })),
    ...loads.map(({ value, args }) => ({ access: plan.accesses[value], offset: args[0] })),
  ].filter(({ access, offset }) =>
    isStepping(access) || (offset !== undefined && facts.variesByLane(offset))
  );
  const fits = uses.length > 0 &&
    uses.every(({ access, offset }) =>
      isAligned(access) && (!offset || (!facts.variesByLane(offset) && isMultipleOf4(offset)))
    );
  return fits ? 4 : 1;
}

/** Whether an access goes on along the innermost loop. */
export function isStepping({ inner }: PlannedAccess): boolean {
  return inner[inner.length - 1] !== 0;
}

function isAligned({ start, outer, inner }: LoopPlan["accesses"][number]): boolean {
  const last = inner.length - 1;
  return inner[last] === 1 && [start, ...outer, ...inner.slice(0, last)].every((n) => n % 4 === 0);
}

function isMultipleOf4({ op, args, value }: DagNode): boolean {
  switch (op) {
    case "const":
      return value % 4 === 0;
    case "mul":
      return args.some(isMultipleOf4);
    case "add":
    case "sub":
      return args.every(isMultipleOf4);
    default:
      return false;
  }
}
