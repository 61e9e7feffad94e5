/** Writes a pass whose vectors run along the last outer dim: reductions of columns. */

import { ROW } from "./node_facts.ts";
import type { Stage } from "./stages.ts";
import type { Emission } from "./wasm_emission.ts";
import { i32 } from "./wasm_expr.ts";
import { bindRowPointers, movePointers } from "./wasm_pointers.ts";
import {
  finishByLane,
  stagePointers,
  stageRoots,
  startReductions,
  writeVector,
} from "./wasm_stage.ts";
import { prepareValues } from "./wasm_values.ts";

/** Writes a pass over `vectors` vectors of columns, all inner loops for each. */
export function writeOuterPass(e: Emission, stage: Stage, vectors: number) {
  const { plan, facts } = e.staged;
  const roots = stageRoots(stage);
  prepareValues(e, roots, vectors, (node) => facts.depth(node) <= ROW);
  const pointers = stagePointers(e, stage);
  bindRowPointers(e, pointers);
  const accumulators = startReductions(
    e,
    stage,
    ({ arg }) => facts.variesByLane(arg) ? vectors : 1,
  );

  const loops = (dim: number) =>
    e.scopes.nest(() => {
      const move = movePointers(e, pointers, dim);
      const at = e.f.local("i32");
      e.innerAt[dim] = at;
      e.f.for(at, i32.const(0), i32.const(plan.inner[dim].size), 1, () => {
        e.scopes.nest(() => {
          prepareValues(
            e,
            roots,
            vectors,
            (node) => facts.depth(node) <= 2 + dim && !facts.variesByLane(node),
          );
          if (dim < plan.inner.length - 1) return loops(dim + 1);
          for (let vector = 0; vector < vectors; vector++) {
            e.scopes.nest(() => {
              // What is equal in all lanes is reduced once.
              const own = accumulators.filter(({ locals }) => vector < locals.length);
              writeVector(e, stage, own, vector, vector);
            });
          }
        });
        move(1);
      });
    });
  loops(0);
  finishByLane(e, accumulators);
}
