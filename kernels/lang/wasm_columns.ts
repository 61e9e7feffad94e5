/** Writes the columns of a program whose vectors run along them. */

import type { LoopPlan } from "./loop_plan.ts";
import { ROW } from "./node_facts.ts";
import { storeVector } from "./wasm_access.ts";
import { rowCoordinates } from "./wasm_coordinates.ts";
import type { Emission } from "./wasm_emission.ts";
import { i32 } from "./wasm_expr.ts";
import { LANES } from "./wasm_operation.ts";
import { writeOuterPass } from "./wasm_outer_lanes.ts";
import { prepareValues } from "./wasm_values.ts";

/** Vectors of columns that are reduced together: from what registers hold to a cache line. */
const COLUMN_VECTORS = [16, 8, 4];
/** Units wanted at least, so that threads get even shares. */
const WANTED_UNITS = 8;

/** How columns make units: groups of a few vectors. */
export interface ColumnGrid {
  readonly units: number;
  /** Groups along the last outer dim, and columns of one. */
  readonly groups: number;
  readonly width: number;
}

/** Wide groups, unless that leaves too few of them. */
export function columnGrid({ outer }: LoopPlan): ColumnGrid {
  const { size } = outer[outer.length - 1];
  const others = outer.slice(0, -1).reduce((product, { size }) => product * size, 1);
  const groupsOf = (vectors: number) => Math.ceil(size / (vectors * LANES));
  const wide = COLUMN_VECTORS.find((vectors) => others * groupsOf(vectors) >= WANTED_UNITS);
  const least = COLUMN_VECTORS[COLUMN_VECTORS.length - 1];
  const vectors = Math.min(wide ?? least, Math.ceil(size / LANES));
  return { units: others * groupsOf(vectors), groups: groupsOf(vectors), width: vectors * LANES };
}

/** Writes the units of a grid from `begin` to `end`, which are within it. */
export function writeColumns(e: Emission, { groups, width }: ColumnGrid) {
  const { f, begin, end, staged: { plan } } = e;
  const { size } = plan.outer[plan.outer.length - 1];
  const unit = f.local("i32");
  f.for(unit, begin, end, 1, () => {
    e.scopes.nest(() => {
      const group = f.hold(groups === 1 ? i32.const(0) : i32.remU(unit, i32.const(groups)));
      const other = groups === 1 ? unit : i32.divU(unit, i32.const(groups));
      e.outerAt = [
        ...rowCoordinates(e, other, plan.outer.length - 1),
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
