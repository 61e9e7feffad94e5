/** Plans again for a GPU, whose memory comes in buffers of limited size. */

import { ALIGNMENT } from "../../graph/plan/arena.ts";
import { makePlan } from "../../graph/plan/make_plan.ts";
import type { Plan } from "../../graph/plan/plan.ts";

/** A part is no larger, even where a buffer could be: `placeMemory` wants them small too. */
const MOST_BYTES = 2 ** 30;

/**
 * A plan of the same programs whose memory is in parts that buffers of `maxBytes` can hold, but for
 * single tensors that are larger. It may take more memory in all; one that is small enough is
 * returned.
 */
export function cutPlan(plan: Plan, maxBytes: number): Plan {
  const region = Math.floor(Math.min(MOST_BYTES, maxBytes) / ALIGNMENT) * ALIGNMENT;
  if (plan.bytes <= region) return plan;
  const graphs = Array.from(plan.programs.values(), ({ name, graph }) => [name, graph] as const);
  return makePlan(Object.fromEntries(graphs), region);
}
