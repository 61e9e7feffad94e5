/**
 * Writes programs that reduce: the threads of a group share one row or a few, add up what each has
 * seen, and go over the row again with the result.
 */

import type { DagNode } from "./dag.ts";
import { LAUNCH, ROW } from "./node_facts.ts";
import { type Stage, stageRoots } from "./stages.ts";
import {
  coordinatesOf,
  type WgslEmission,
  wgslEmission,
  type WgslShared,
  writeLoop,
} from "./wgsl_emission.ts";
import { combineText, neutralText } from "./wgsl_operation.ts";
import { type RowGrid, rowGrid } from "./wgsl_row_grid.ts";
import type { WgslSharedArray } from "./wgsl_shader.ts";
import { finishReductions } from "./wgsl_tree.ts";
import { hold, prepareValues, valueText, wideText, writeStores } from "./wgsl_values.ts";
import { partRoots, type WgslPart } from "./wgsl_width.ts";

/** A pass writes no loop up to this many vectors per thread: their values stay in registers. */
const MOST_SLOTS = 4;

/** A vector of the row that a thread keeps the values of. */
interface RowSlot {
  readonly innerAt: readonly string[];
  /** For each element whether it exists; undefined where all do. */
  readonly mask: string | undefined;
  /** Bool: the row has the vector; undefined where every thread has one. */
  readonly exists: string | undefined;
}

/** The variables of a row program. */
interface RowWriter {
  readonly e: WgslEmission;
  readonly grid: RowGrid;
  /** Bool: the row is one of the tensor's; undefined where all are. */
  readonly rowExists: string | undefined;
  /** Number of elements that exist along the innermost loop, where not all do. */
  readonly count: string | undefined;
  /** Arrays in workgroup memory. */
  readonly shared: WgslSharedArray[];
  readonly slots: RowSlot[];
}

/** Writes a program with reductions; returns what its workgroups share. */
export function writeRows(
  shared: WgslShared,
  part: WgslPart,
): { grid: RowGrid; arrays: readonly WgslSharedArray[] } {
  const e = wgslEmission(shared, part);
  const { plan, stages, rowStores, facts } = part.staged;
  const grid = rowGrid(plan, part.width);
  const { rows, together, perRow } = grid;
  const { lines } = e;

  const own = grid.isColumns ? `thread % ${together}u` : `thread / ${perRow}u`;
  const lane = grid.isColumns ? `thread / ${together}u` : `thread % ${perRow}u`;
  const isOnly = together === 1;
  lines.add(`let lane = ${perRow === 1 ? "0u" : isOnly ? "thread" : lane};`);
  const number = isOnly ? "group" : `group * ${together}u + ${perRow === 1 ? "thread" : own}`;
  const isExact = rows % together === 0;
  lines.add(`let row = ${number};`);
  // Threads without a row go along with those of the last one, up to where something is stored.
  const row = isExact ? "row" : `min(row, ${rows - 1}u)`;
  e.outerAt = coordinatesOf(e, row, plan.outer.map(({ size }) => size));
  const early = (node: DagNode) => facts.depth(node) <= ROW && facts.level(node) === 0;
  prepareValues(e, partRoots(part.staged), (node) => facts.depth(node) === LAUNCH);
  prepareValues(e, partRoots(part.staged), early);

  const { size } = plan.inner[plan.inner.length - 1];
  const limit = plan.limit && hold(e, `clamp(${valueText(e, plan.limit)}, 0, ${size})`);
  const count = limit ?? (size % part.width === 0 ? undefined : `${size}`);
  const rowExists = isExact ? undefined : `row < ${rows}u`;
  const w: RowWriter = { e, grid, rowExists, count, shared: [], slots: [] };
  for (const stage of stages) writePass(w, stage);
  const values = rowStores.map(({ value }) => value);
  prepareValues(e, values, (node) => facts.depth(node) <= ROW);
  const isFirst = perRow === 1 ? undefined : "lane == 0u";
  writeStores(e, rowStores, { condition: all([rowExists, isFirst]) });
  return { grid, arrays: w.shared };
}

/** Both conditions, where there are two. */
function all(conditions: readonly (string | undefined)[]): string | undefined {
  const some = conditions.filter((condition) => condition !== undefined);
  return some.length === 0 ? undefined : some.join(" && ");
}

function writePass(w: RowWriter, stage: Stage) {
  const { e, grid: { perRow, vectors } } = w;
  const { facts, plan } = e.staged;
  prepareValues(e, stageRoots(stage), (node) => facts.depth(node) <= ROW);
  const sums = stage.reductions.map(({ node }) => {
    const name = e.lines.fresh("sum");
    e.lines.add(`var ${name} = ${neutralText(node, e.width, e.functions)};`);
    return name;
  });
  const slots = Math.ceil(vectors / perRow);
  if (slots <= MOST_SLOTS) {
    for (let slot = 0; slot < slots; slot++) {
      e.slot = slot;
      writeSlot(w, stage, sums, slot);
    }
  } else {
    const isCut = plan.limit && stage.stores.length === 0 && plan.inner.length === 1;
    const cut = e.width === 1 ? `u32(${w.count})` : `u32(${w.count} + 3) / 4u`;
    const end = isCut ? cut : `${vectors}u`;
    const head = `for (var i = lane; i < ${end}; i += ${perRow}u)`;
    writeLoop(e, head, slots, () => {
      setPlace(w, "i");
      // With single elements, the end of the loop is the limit.
      const mask = isCut && e.width === 1 ? undefined : maskText(w);
      writeVector(w, stage, sums, { mask, exists: undefined });
    });
  }
  finishReductions(e, w.grid, stage.reductions, sums, w.shared);
}

/** One of the vectors that a thread has of a row. Where it is, is found out in the first pass. */
function writeSlot(w: RowWriter, stage: Stage, sums: readonly string[], slot: number) {
  const { e, grid: { perRow, vectors }, slots } = w;
  if (!slots[slot]) {
    const own = slot === 0 ? "lane" : `lane + ${slot * perRow}u`;
    if ((slot + 1) * perRow <= vectors) {
      setPlace(w, own);
      slots[slot] = { innerAt: e.innerAt, mask: maskText(w), exists: undefined };
    } else {
      const number = hold(e, own);
      setPlace(w, `min(${number}, ${vectors - 1}u)`);
      slots[slot] = { innerAt: e.innerAt, mask: maskText(w), exists: `${number} < ${vectors}u` };
    }
  }
  e.innerAt = slots[slot].innerAt;
  writeVector(w, stage, sums, slots[slot]);
}

/** Sets the coordinates to those of vector number `number` (a u32) of the row. */
function setPlace({ e }: RowWriter, number: string) {
  const { plan } = e.staged;
  const last = plan.inner.length - 1;
  const sizes = plan.inner.map(({ size }, i) => i === last ? Math.ceil(size / e.width) : size);
  const at = coordinatesOf(e, number, sizes);
  e.innerAt = e.width === 1 ? at : at.with(last, hold(e, `${at[last]} * 4`));
}

/** Adds the current vector to the sums, as far as it exists, and stores what the pass stores. */
function writeVector(
  w: RowWriter,
  stage: Stage,
  sums: readonly string[],
  { mask, exists }: Pick<RowSlot, "mask" | "exists">,
) {
  const { e, rowExists } = w;
  stage.reductions.forEach(({ node, arg }, i) => {
    const value = wideText(e, arg);
    const neutral = neutralText(node, e.width, e.functions);
    let counted = mask === undefined ? value : `select(${neutral}, ${value}, ${mask})`;
    if (exists !== undefined) counted = `select(${neutral}, ${counted}, ${exists})`;
    // A maximum names its operands twice.
    if (node.op === "maximum") counted = hold(e, counted);
    e.lines.add(`${sums[i]} = ${combineText(node.op, node.type, sums[i], counted)};`);
  });
  const fillMask = e.staged.plan.limit ? mask : undefined;
  writeStores(e, stage.stores, { condition: all([rowExists, exists]), mask: fillMask });
}

/** Which elements of the current vector exist, where not all do. */
function maskText({ e, count }: RowWriter): string | undefined {
  if (count === undefined) return undefined;
  const at = e.innerAt[e.innerAt.length - 1];
  if (e.width === 1) return hold(e, `${at} < ${count}`);
  return hold(e, `(vec4<i32>(${at}) + vec4<i32>(0, 1, 2, 3)) < vec4<i32>(${count})`);
}
