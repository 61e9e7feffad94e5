/** Writes the rows of a program: one after another, or in blocks where they are long. */

import type { LoopPlan } from "./loop_plan.ts";
import { ROW } from "./node_facts.ts";
import { storeScalar } from "./wasm_access.ts";
import { rowCoordinates } from "./wasm_coordinates.ts";
import { SCRATCH } from "./scratch.ts";
import type { SplitReduction } from "./split_reduction.ts";
import { BYTES, type Emission } from "./wasm_emission.ts";
import { type I32, i32, i32x4 } from "./wasm_expr.ts";
import { type LaneRange, writeInnerPass } from "./wasm_inner_lanes.ts";
import { prepareValues } from "./wasm_values.ts";

/** Elements of a unit: enough to outweigh the cost of handing it out. */
const UNIT_ELEMENTS = 2048;

/** How rows make units. */
export interface RowGrid {
  readonly units: number;
  readonly rows: number;
  /** Rows of a unit; several only where rows are not cut. */
  readonly together: number;
  /** Blocks a row is cut into. */
  readonly blocks: number;
}

/** Short rows share a unit, long rows of maps are cut into blocks. */
export function rowGrid({ outer, inner, isMap }: LoopPlan): RowGrid {
  const rows = outer.reduce((product, { size }) => product * size, 1);
  const elements = inner.reduce((product, { size }) => product * size, 1);
  const { size } = inner[inner.length - 1];
  if (isMap && size >= 2 * UNIT_ELEMENTS) {
    const blocks = Math.ceil(size / UNIT_ELEMENTS);
    return { units: rows * blocks, rows, together: 1, blocks };
  }
  const together = Math.max(1, Math.min(rows, Math.floor(UNIT_ELEMENTS / elements)));
  return { units: Math.ceil(rows / together), rows, together, blocks: 1 };
}

/** Writes the units of a grid from `begin` to `end`, which are within it. */
export function writeRows(e: Emission, { rows, together, blocks }: RowGrid) {
  const { f, begin, end, staged: { plan, stages } } = e;
  if (blocks === 1) {
    const row = f.local("i32");
    const stop = f.hold(i32.min(i32.mul(end, i32.const(together)), i32.const(rows)));
    f.for(row, i32.mul(begin, i32.const(together)), stop, 1, () => {
      e.scopes.nest(() => {
        e.outerAt = rowCoordinates(e, row, plan.outer.length);
        writeRow(e);
      });
    });
    return;
  }
  const { size } = plan.inner[plan.inner.length - 1];
  const blocksFrom = (first: I32, behind: I32): LaneRange => {
    const stop = i32.min(i32.mul(behind, i32.const(UNIT_ELEMENTS)), i32.const(size));
    const start = f.hold(i32.mul(first, i32.const(UNIT_ELEMENTS)));
    return { kind: "block", start, stop: f.hold(stop) };
  };
  if (rows === 1) {
    // Neighbouring blocks are one loop.
    f.if(i32.ltS(begin, end), () => {
      e.scopes.nest(() => writeInnerPass(e, stages[0], blocksFrom(begin, end)));
    });
    return;
  }
  const unit = f.local("i32");
  f.for(unit, begin, end, 1, () => {
    e.scopes.nest(() => {
      e.outerAt = rowCoordinates(e, i32.divU(unit, i32.const(blocks)), plan.outer.length);
      const block = f.hold(i32.remU(unit, i32.const(blocks)));
      writeInnerPass(e, stages[0], blocksFrom(block, i32.add(block, i32.const(1))));
    });
  });
}

/** Writes the first launch of a split reduction: a block of a row is a unit. */
export function writeBlocks(e: Emission, split: SplitReduction) {
  const { f, begin, end, parameters, staged: { plan, stages } } = e;
  const { units, blocksPerRow, blockElements } = split;
  const scratch = parameters[parameters.length - 2 + SCRATCH];
  const { size } = plan.inner[0];
  const unit = f.local("i32");
  f.for(unit, begin, end, 1, () => {
    e.scopes.nest(() => {
      const row = i32.divU(unit, i32.const(blocksPerRow));
      e.outerAt = rowCoordinates(e, row, plan.outer.length);
      const block = i32.remU(unit, i32.const(blocksPerRow));
      const start = f.hold(i32.mul(block, i32.const(blockElements)));
      const behind = i32.add(start, i32.const(blockElements));
      const stop = f.hold(i32.min(behind, i32.const(size)));
      writeInnerPass(e, stages[0], { kind: "block", start, stop });
      const target = f.hold(i32.add(scratch, i32.mul(unit, i32.const(BYTES))));
      stages[0].reductions.forEach(({ node }, i) => {
        const at = i32.add(target, i32.const(i * units * BYTES));
        f.storeLane(at, e.value(node, 0), 0);
      });
    });
  });
}

/** All passes over one row, then what is stored once per row. */
function writeRow(e: Emission) {
  const { f, staged: { plan, facts, stages, rowStores } } = e;
  let range: LaneRange | undefined;
  if (plan.limit) {
    const { size } = plan.inner[plan.inner.length - 1];
    const limit = f.hold(i32x4.extractLane(e.value(plan.limit, 0), 0));
    const most = f.hold(i32.min(limit, i32.const(size)));
    range = { kind: "limit", count: f.hold(i32.max(most, i32.const(0))) };
  }
  for (const stage of stages) writeInnerPass(e, stage, range);
  prepareValues(e, rowStores.map(({ value }) => value), 1, (node) => facts.depth(node) <= ROW);
  for (const { access, value } of rowStores) storeScalar(e, access, e.value(value, 0));
}
