/** Writes a pass whose vectors run along the last outer dim: reductions of columns. */

import type { DagNode } from "./dag.ts";
import { ROW } from "./node_facts.ts";
import { type Reduction, type Stage, stageRoots } from "./stages.ts";
import type { Emission } from "./wasm_emission.ts";
import { type I32, i32 } from "./wasm_expr.ts";
import { bindRowPointers, movePointers } from "./wasm_pointers.ts";
import {
  type Accumulators,
  addBlock,
  BLOCK_STEPS,
  blockLoop,
  finishByLane,
  stagePointers,
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
  const count = ({ arg }: Reduction) => facts.variesByLane(arg) ? vectors : 1;
  const accumulators = startReductions(e, stage, count);
  const sizes = plan.inner.map(({ size }) => size);
  const blockDim = blockLoop(sizes);

  const loops = (dim: number, sums: readonly Accumulators[]) =>
    e.scopes.nest(() => {
      const move = movePointers(e, pointers, dim);
      const at = e.f.local("i32");
      e.innerAt[dim] = at;
      const steps = (from: I32, below: I32, sums: readonly Accumulators[]) =>
        e.f.for(at, from, below, 1, () => {
          e.scopes.nest(() => {
            const isEqual = (node: DagNode) =>
              facts.depth(node) <= 2 + dim && !facts.variesByLane(node);
            prepareValues(e, roots, vectors, isEqual);
            if (dim === sizes.length - 1) writeVectors(e, stage, sums, vectors);
            else if (dim + 1 === blockDim) addBlock(e, sums, (block) => loops(dim + 1, block));
            else loops(dim + 1, sums);
          });
          move(1);
        });
      const [start, end] = [i32.const(0), i32.const(sizes[dim])];
      // A last loop too long for a block is cut into blocks.
      if (blockDim < sizes.length || dim < sizes.length - 1) return steps(start, end, sums);
      const from = e.f.local("i32");
      e.f.for(from, start, end, BLOCK_STEPS, () => {
        const below = e.f.hold(i32.min(i32.add(from, i32.const(BLOCK_STEPS)), end));
        e.scopes.nest(() => addBlock(e, sums, (block) => steps(from, below, block)));
      });
    });
  loops(0, accumulators);
  finishByLane(e, accumulators);
}

/** What is equal in all lanes is reduced with the first vector only. */
function writeVectors(
  e: Emission,
  stage: Stage,
  accumulators: readonly Accumulators[],
  vectors: number,
) {
  for (let vector = 0; vector < vectors; vector++) {
    const own = accumulators.filter(({ locals }) => vector < locals.length);
    e.scopes.nest(() => writeVector(e, stage, own, vector, vector));
  }
}
