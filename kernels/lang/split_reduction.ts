/**
 * Splits long reductions with few results into two launches: sums of blocks, then sums of those.
 * All threads take part, and no float is added to a sum so large that little of it is left.
 */

import { nodeFacts } from "./node_facts.ts";
import { SCRATCH } from "./scratch.ts";
import type { StagedPlan } from "./stages.ts";

/** Elements of a block, and the least number of elements to split. */
const BLOCK_ELEMENTS = 16384;
const LEAST_ELEMENTS = 4 * BLOCK_ELEMENTS;
const LANES = 4;
const BYTES = 4;
/** With more rows than this, rows are units enough. */
const MOST_ROWS = 16;

/** A reduction in two launches. */
export interface SplitReduction {
  /** Reduces blocks; the results go to the scratch memory, one per unit and reduction. */
  readonly blocks: StagedPlan;
  /** Units of the first launch: a block of a row each. */
  readonly units: number;
  readonly blocksPerRow: number;
  readonly blockElements: number;
  /** Reduces the results of blocks, then does what is done once per row. */
  readonly rows: StagedPlan;
  readonly scratchBytes: number;
}

/** Splits a plan that only reduces, if its rows are few and long; undefined for others. */
export function splitReduction(staged: StagedPlan): SplitReduction | undefined {
  const { plan, stages, rowStores } = staged;
  const rows = plan.outer.reduce((product, { size }) => product * size, 1);
  const [{ size }] = plan.inner;
  const isFit = !plan.isMap && !plan.limit && plan.lanes === "inner" && plan.inner.length === 1 &&
    stages.length === 1 && stages[0].stores.length === 0 && rows <= MOST_ROWS &&
    size >= LEAST_ELEMENTS;
  if (!isFit) return undefined;
  const blocksPerRow = Math.ceil(size / BLOCK_ELEMENTS);
  const units = rows * blocksPerRow;
  const accesses = [...plan.accesses];
  const reductions = stages[0].reductions.map(({ node }, i) => {
    const access = accesses.push({
      position: SCRATCH,
      start: i * units,
      outer: plan.outer.map((_, dim) =>
        plan.outer.slice(dim + 1).reduce((product, { size }) => product * size, blocksPerRow)
      ),
      inner: [1],
    });
    return { node, arg: plan.builder.access(node.type, access - 1) };
  });
  const rowPlan = { ...plan, accesses, inner: [{ name: "", size: blocksPerRow }] };
  return {
    blocks: { ...staged, rowStores: [] },
    units,
    blocksPerRow,
    blockElements: BLOCK_ELEMENTS,
    rows: {
      plan: rowPlan,
      facts: nodeFacts(rowPlan),
      stages: [{ reductions, stores: [], memos: [] }],
      rowStores,
    },
    // Whole vectors are read, so there is room for one behind the last result.
    scratchBytes: (reductions.length * units + LANES) * BYTES,
  };
}
