/** How many loop iterations an adapter computes before it gives wrong results. */

import { LOOP_LIMIT } from "../../graph/ir/kernel.ts";

/**
 * Loop iterations of one invocation that an adapter allows, by its name; Infinity where all are
 * computed.
 */
export function loopLimitOf(adapter: string): number {
  return /llvmpipe/i.test(adapter) ? LOOP_LIMIT : Infinity;
}
