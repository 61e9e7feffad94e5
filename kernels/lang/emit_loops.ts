/** Emits a program as a Wasm function of numbered work units. */

import type { WasmPhase } from "../../graph/ir/kernel.ts";
import { type DagNode, reachable } from "./dag.ts";
import { countUses } from "./lower_math.ts";
import type { SplitReduction } from "./split_reduction.ts";
import { type StagedPlan, stageRoots } from "./stages.ts";
import { type FunctionWriter, wasmFunction } from "./wasm_code.ts";
import { columnGrid, writeColumns } from "./wasm_columns.ts";
import type { Emission } from "./wasm_emission.ts";
import { type I32, i32 } from "./wasm_expr.ts";
import { LANES } from "./wasm_operation.ts";
import { rowGrid, writeBlocks, writeRows } from "./wasm_rows.ts";
import { wasmScopes } from "./wasm_scope.ts";
import { prepareLaneNumbers, prepareLaunch, valueVector } from "./wasm_values.ts";

/** Vectors whose lane numbers are kept in locals. */
const NUMBERED_VECTORS = 4;

/**
 * Emits the parts of a program, whose units follow one another; `tensors` counts the inputs and
 * outputs of the call.
 */
export function emitLoops(parts: readonly StagedPlan[], tensors: number): WasmPhase {
  let before = 0;
  const code = wasmFunction(tensors + 4, (f, parameters) => {
    const [begin, end] = parameters.slice(-2);
    for (const staged of parts) {
      const { plan } = staged;
      const [units, write] = plan.lanes === "outer"
        ? withGrid(columnGrid(plan), writeColumns)
        : withGrid(rowGrid(plan), writeRows);
      if (parts.length === 1) write(newEmission(f, staged, parameters, begin, end));
      else {
        const first = f.hold(withinPart(begin, before, units));
        const behind = f.hold(withinPart(end, before, units));
        f.if(
          i32.ltS(first, behind),
          () => write(newEmission(f, staged, parameters, first, behind)),
        );
      }
      before += units;
    }
  });
  return { code, units: before };
}

/** Emits a split reduction as its two launches. */
export function emitReduction(split: SplitReduction, tensors: number): WasmPhase[] {
  const code = wasmFunction(tensors + 4, (f, parameters) => {
    const [begin, end] = parameters.slice(-2);
    writeBlocks(newEmission(f, split.blocks, parameters, begin, end), split);
  });
  return [{ code, units: split.units }, emitLoops([split.rows], tensors)];
}

/** The number of units of a grid, and what writes them. */
function withGrid<G extends { readonly units: number }>(
  grid: G,
  write: (e: Emission, grid: G) => void,
): [number, (e: Emission) => void] {
  return [grid.units, (e) => write(e, grid)];
}

/**
 * A unit's number in a part that comes after `before` units and has `units`, or its nearest end.
 */
function withinPart(unit: I32, before: number, units: number): I32 {
  const number = i32.sub(unit, i32.const(before));
  return i32.max(i32.min(number, i32.const(units)), i32.const(0));
}

/** The start of writing a part: constants are in locals. */
function newEmission(
  f: FunctionWriter,
  staged: StagedPlan,
  parameters: Emission["parameters"],
  begin: I32,
  end: I32,
): Emission {
  const { plan, stages, rowStores, facts } = staged;
  const roots: DagNode[] = [
    ...stages.flatMap(stageRoots),
    ...rowStores.map(({ value }) => value),
    ...plan.limit ? [plan.limit] : [],
  ];
  const e: Emission = {
    f,
    staged,
    uses: countUses(roots),
    scopes: wasmScopes(f),
    parameters,
    begin,
    end,
    outerAt: [],
    innerAt: [],
    lanes: [LANES],
    value: (node, vector) => valueVector(e, node, vector),
  };
  prepareLaunch(e, roots);
  const numbersLanes = reachable(roots).some((node) =>
    node.op === "index" && facts.variesByLane(node)
  );
  if (numbersLanes) prepareLaneNumbers(e, NUMBERED_VECTORS);
  return e;
}
