/**
 * Splits long reductions with few results into two launches: of blocks, then of what blocks have
 * left, so that there is work for a whole GPU, and no float is added to a sum so large that little
 * of it is left.
 */

import { type DagBuilder, type DagNode, rewriteDag } from "./dag.ts";
import type { LoopPlan, PlannedAccess } from "./loop_plan.ts";
import { nodeFacts } from "./node_facts.ts";
import { SCRATCH } from "./scratch.ts";
import type { StagedPlan } from "./stages.ts";
import { wgslScratchBytes } from "./wgsl_shader.ts";
import type { WgslWidth } from "./wgsl_text.ts";
import { MOST_OF_ROW, rowGrid } from "./wgsl_row_grid.ts";

/** Vectors of a row that a thread gets at least before the row is split, and after it. */
const LONG = 16;
const LEAST = 8;
/** Groups that fill a GPU: no more blocks than make so many. */
const WANTED_GROUPS = 512;
/** The dim that blocks are counted along; no variable of a signature is called so. */
const BLOCK = "block of a row";

/** A reduction in two launches. */
export interface BlockedReduction {
  /** Reduces blocks; the results go to scratch. */
  readonly blocks: StagedPlan;
  /** Reduces the results of blocks, then does what is done once per row. */
  readonly rows: StagedPlan;
  readonly scratchBytes: number;
}

/** Splits a plan that only reduces; undefined for others, and where rows are threads enough. */
export function blockReduction(
  { plan, stages, rowStores }: StagedPlan,
  width: WgslWidth,
): BlockedReduction | undefined {
  const [{ reductions, stores }] = stages;
  if (plan.isMap || plan.limit || stages.length > 1 || stores.length > 0) return undefined;
  if (reductions.length === 0) return undefined;
  // Blocks are short enough for neighbouring threads to have neighbouring columns.
  const grid = rowGrid(plan, width, Infinity);
  const perThread = grid.vectors / grid.perRow;
  const wanted = Math.min(
    Math.ceil(perThread / LEAST),
    Math.ceil(WANTED_GROUPS / grid.groups),
  );
  if (perThread < LONG || wanted < 2) return undefined;
  const { size } = plan.inner[0];
  const isOnly = plan.inner.length === 1;
  const step = isOnly ? grid.perRow * width : 1;
  const length = isOnly
    ? Math.ceil(size / wanted / step) * step
    : blockDivisor(size, Math.ceil(size / wanted), Math.floor(MOST_OF_ROW * size / perThread));
  const count = Math.ceil(size / length);
  if (count < 2) return undefined;
  // A dim without a divisor that suits: threads of the first launch would do no more than copy.
  const isCopy = perThread * length < size;
  const whole = rowGrid(plan, width);
  if (isCopy && whole.vectors / whole.perRow <= MOST_OF_ROW) return undefined;

  const { builder } = plan;
  const { rows } = grid;
  const rowStrides = plan.outer.map((_, dim) =>
    plan.outer.slice(dim + 1).reduce((product, { size }) => product * size, 1)
  );
  const resultOf = (i: number, outer: readonly number[], inner: readonly number[]) => ({
    position: SCRATCH,
    start: i * count * rows,
    outer,
    inner,
  });

  // The first launch: blocks are the slowest outer dim.
  const args = reductions.map(({ arg }) => arg);
  const moved = rewriteDag(args, (node, newArgs) => {
    if (node.op !== "index" || node.name !== plan.inner[0].name) {
      return builder.rebuild(node, newArgs);
    }
    return builder.binary("add", blockStart(builder, length), node);
  });
  const inBlocks = plan.accesses.map((access): PlannedAccess => ({
    ...access,
    outer: [access.inner[0] * length, ...access.outer],
  }));
  const sums = reductions.map(({ node }, i) => builder.reduce(reductionOf(node), moved[i]));
  const isExact = size % length === 0;
  const rest = isExact
    ? undefined
    : builder.binary("sub", builder.constant("i32", size), blockStart(builder, length));
  const blocks = stagedReduction(
    {
      ...plan,
      outer: [{ name: BLOCK, size: count }, ...plan.outer],
      inner: [{ ...plan.inner[0], size: length }, ...plan.inner.slice(1)],
      accesses: [
        ...inBlocks,
        ...sums.map((_, i) => resultOf(i, [rows, ...rowStrides], plan.inner.map(() => 0))),
      ],
      limit: rest,
    },
    sums,
    sums.map((value, i) => ({ access: inBlocks.length + i, value })),
  );

  // The second one: where there are several rows, their results are next to each other.
  const perRow = plan.accesses.map((access): PlannedAccess => ({ ...access, inner: [0] }));
  const totals = reductions.map(({ node }, i) =>
    builder.reduce(reductionOf(node), builder.access(node.type, perRow.length + i))
  );
  const values = rewriteDag(rowStores.map(({ value }) => value), (node, newArgs) => {
    const i = reductions.findIndex((reduction) => reduction.node === node);
    return i < 0 ? builder.rebuild(node, newArgs) : totals[i];
  });
  const last = stagedReduction(
    {
      ...plan,
      inner: [{ name: "", size: count }],
      lanes: rows === 1 ? "inner" : "outer",
      accesses: [...perRow, ...totals.map((_, i) => resultOf(i, rowStrides, [rows]))],
    },
    totals,
    rowStores.map(({ access }, i) => ({ access, value: values[i] })),
  );
  const scratchBytes = wgslScratchBytes(reductions.length * count * rows);
  return { blocks, rows: last, scratchBytes };
}

/** The coordinate where the current block starts. */
function blockStart(builder: DagBuilder, length: number): DagNode {
  return builder.binary("mul", builder.index(BLOCK), builder.constant("i32", length));
}

function reductionOf({ op }: DagNode): "sum" | "maximum" {
  return op === "sum" ? "sum" : "maximum";
}

function stagedReduction(
  plan: LoopPlan,
  nodes: readonly DagNode[],
  rowStores: StagedPlan["rowStores"],
): StagedPlan {
  const reductions = nodes.map((node) => ({ node, arg: node.args[0] }));
  const stages = [{ reductions, stores: [], memos: [] }];
  return { plan, facts: nodeFacts(plan), stages, rowStores };
}

/** The least divisor of `size` from `least` on; the next one below it where that exceeds `most`. */
function blockDivisor(size: number, least: number, most: number): number {
  let divisor = least;
  while (size % divisor !== 0) divisor++;
  if (divisor <= Math.max(1, most)) return divisor;
  divisor = least;
  while (size % divisor !== 0) divisor--;
  return divisor;
}
