/** Emits a program as a Wasm function: rows and blocks of rows as units, passes over each row. */

import type { WasmPhase } from "../../graph/ir/kernel.ts";
import type { DagNode } from "./dag.ts";
import { countUses } from "./lower_math.ts";
import { ROW } from "./node_facts.ts";
import type { StagedPlan } from "./stages.ts";
import { storeScalar, storeVector } from "./wasm_access.ts";
import { wasmFunction } from "./wasm_code.ts";
import type { Emission } from "./wasm_emission.ts";
import { type I32, i32, i32x4, type Local } from "./wasm_expr.ts";
import { type LaneRange, writeInnerPass } from "./wasm_inner_lanes.ts";
import { LANES } from "./wasm_operation.ts";
import { wasmScopes } from "./wasm_scope.ts";
import { stageRoots } from "./wasm_stage.ts";
import { prepareLaneNumbers, prepareLaunch, prepareValues, valueVector } from "./wasm_values.ts";
import { writeOuterPass } from "./wasm_outer_lanes.ts";

/** Elements of a unit: enough to outweigh the cost of handing it out. */
const UNIT_ELEMENTS = 2048;
/** Vectors of columns that are reduced together: from a cache line to what registers hold. */
const COLUMN_VECTORS = [16, 8, 4];
/** Units wanted at least, so that threads get even shares. */
const WANTED_UNITS = 8;

/** Emits a staged program; `tensors` counts the inputs and outputs of the call. */
export function emitLoops(staged: StagedPlan, tensors: number): WasmPhase {
  const { plan, stages, rowStores } = staged;
  const roots = [
    ...stages.flatMap(stageRoots),
    ...rowStores.map(({ value }) => value),
    ...plan.limit ? [plan.limit] : [],
  ];
  let units = 0;
  const code = wasmFunction(tensors + 4, (f, parameters) => {
    const e: Emission = {
      f,
      staged,
      uses: countUses(roots),
      scopes: wasmScopes(f),
      parameters,
      outerAt: [],
      innerAt: [],
      lanes: [LANES],
      value: (node, vector) => valueVector(e, node, vector),
    };
    prepareLaunch(e, roots);
    if (indexesLanes(staged, roots)) prepareLaneNumbers(e, 4);
    units = plan.lanes === "outer" ? writeColumns(e) : writeRows(e);
  });
  return { code, units };
}

/** True where a coordinate along the lanes is used. */
function indexesLanes({ facts }: StagedPlan, roots: readonly DagNode[]): boolean {
  return [...countUses(roots).keys()].some((node) =>
    node.op === "index" && facts.variesByLane(node)
  );
}

/** Rows one after another, or blocks of rows too long for one unit; returns the number of units. */
function writeRows(e: Emission): number {
  const { f, parameters, staged: { plan, stages } } = e;
  const [begin, end] = parameters.slice(-2);
  const rows = plan.outer.reduce((product, { size }) => product * size, 1);
  const { size } = plan.inner[plan.inner.length - 1];
  const elements = plan.inner.reduce((product, { size }) => product * size, 1);
  const row = f.local("i32");
  if (plan.isMap && size >= 2 * UNIT_ELEMENTS) {
    const blocks = Math.ceil(size / UNIT_ELEMENTS);
    const stop = f.local("i32");
    const block = (first: I32, behind: I32): LaneRange => {
      f.set(stop, i32.min(i32.mul(behind, i32.const(UNIT_ELEMENTS)), i32.const(size)));
      const start = f.hold(i32.mul(first, i32.const(UNIT_ELEMENTS)));
      return { kind: "block", start, stop };
    };
    if (rows === 1) {
      // Neighbouring blocks are one loop.
      f.if(i32.ltS(begin, end), () => {
        e.scopes.nest(() => writeInnerPass(e, stages[0], block(begin, end)));
      });
      return blocks;
    }
    const unit = f.local("i32");
    f.for(unit, begin, end, 1, () => {
      e.scopes.nest(() => {
        e.outerAt = coordinates(e, i32.divU(unit, i32.const(blocks)), plan.outer.length);
        const first = f.hold(i32.remU(unit, i32.const(blocks)));
        writeInnerPass(e, stages[0], block(first, i32.add(first, i32.const(1))));
      });
    });
    return rows * blocks;
  }
  const together = Math.max(1, Math.min(rows, Math.floor(UNIT_ELEMENTS / elements)));
  const stop = f.hold(i32.min(i32.mul(end, i32.const(together)), i32.const(rows)));
  f.for(row, i32.mul(begin, i32.const(together)), stop, 1, () => {
    e.scopes.nest(() => {
      e.outerAt = coordinates(e, row, plan.outer.length);
      writeRow(e);
    });
  });
  return Math.ceil(rows / together);
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

/** Columns in groups of a few vectors; returns the number of units. */
function writeColumns(e: Emission): number {
  const { f, parameters, staged: { plan } } = e;
  const [begin, end] = parameters.slice(-2);
  const { size } = plan.outer[plan.outer.length - 1];
  const others = plan.outer.slice(0, -1).reduce((product, { size }) => product * size, 1);
  const groupsOf = (vectors: number) => Math.ceil(size / (vectors * LANES));
  const wide = COLUMN_VECTORS.find((vectors) => others * groupsOf(vectors) >= WANTED_UNITS);
  const least = COLUMN_VECTORS[COLUMN_VECTORS.length - 1];
  const vectors = Math.min(wide ?? least, Math.ceil(size / LANES));
  const groups = groupsOf(vectors);
  const width = vectors * LANES;
  const unit = f.local("i32");
  f.for(unit, begin, end, 1, () => {
    e.scopes.nest(() => {
      const group = f.hold(groups === 1 ? i32.const(0) : i32.remU(unit, i32.const(groups)));
      const other = groups === 1 ? unit : i32.divU(unit, i32.const(groups));
      e.outerAt = [
        ...coordinates(e, other, plan.outer.length - 1),
        f.hold(i32.mul(group, i32.const(width))),
      ];
      const rest = size % width;
      const all = () => e.scopes.nest(() => writeColumnGroup(e, width));
      const some = () => e.scopes.nest(() => writeColumnGroup(e, rest));
      if (rest === 0) all();
      else if (groups === 1) some();
      else f.if(i32.ltS(group, i32.const(groups - 1)), all, some);
    });
  });
  return others * groups;
}

/** All passes over `columns` columns, then what is stored once for each. */
function writeColumnGroup(e: Emission, columns: number) {
  const { stages, rowStores, facts } = e.staged;
  const vectors = Math.ceil(columns / LANES);
  e.lanes = Array.from({ length: vectors }, (_, i) => Math.min(LANES, columns - i * LANES));
  for (const stage of stages) writeOuterPass(e, stage, vectors);
  const values = rowStores.map(({ value }) => value);
  prepareValues(e, values, vectors, (node) => facts.depth(node) <= ROW);
  for (const { access, value } of rowStores) {
    for (let vector = 0; vector < vectors; vector++) {
      storeVector(e, access, vector, e.value(value, vector));
    }
  }
}

/** The coordinates of row number `row` along the first `count` outer dims. */
function coordinates(e: Emission, row: I32, count: number): I32[] {
  const { f, staged: { plan } } = e;
  const at: I32[] = [];
  let rest: Local<"i32"> = f.hold(row);
  for (let i = count - 1; i > 0; i--) {
    const size = i32.const(plan.outer[i].size);
    at.unshift(f.hold(i32.remU(rest, size)));
    rest = f.hold(i32.divU(rest, size));
  }
  return count > 0 ? [rest, ...at] : [];
}
