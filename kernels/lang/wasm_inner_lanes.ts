/** Writes a pass whose vectors run along the innermost loop: rows of contiguous elements. */

import { ROW } from "./node_facts.ts";
import { type Stage, stageRoots } from "./stages.ts";
import { storeVector } from "./wasm_access.ts";
import type { Emission } from "./wasm_emission.ts";
import { type I32, i32, i32x4, type Local, type V128 } from "./wasm_expr.ts";
import { constantVector, LANES } from "./wasm_operation.ts";
import { bindRowPointers, movePointers, type PointerUse } from "./wasm_pointers.ts";
import {
  type Accumulators,
  addBlock,
  BLOCK_STEPS,
  blockLoop,
  finishAcrossLanes,
  stagePointers,
  startReductions,
  writeVector,
} from "./wasm_stage.ts";
import { prepareValues } from "./wasm_values.ts";

/** The part of the innermost loop that is run: all of it if absent. */
export type LaneRange =
  /** From a multiple of the block to `stop`, which is another one or the end. */
  | { readonly kind: "block"; readonly start: I32; readonly stop: Local<"i32"> }
  /** Elements below `count`, which is between 0 and the size; stores fill the rest. */
  | { readonly kind: "limit"; readonly count: Local<"i32"> };

/** Vectors per iteration, by operations per vector: cheap passes hide the cost of the loop. */
function vectorsPerIteration(e: Emission, stage: Stage): number {
  const cost = stageRoots(stage).reduce((sum, root) => sum + e.staged.facts.cost(root), 0);
  if (cost <= 12) return 4;
  return cost <= 40 ? 2 : 1;
}

/** Writes a pass over the current row. */
export function writeInnerPass(e: Emission, stage: Stage, range: LaneRange | undefined) {
  const { plan, facts } = e.staged;
  const roots = stageRoots(stage);
  const last = plan.inner.length - 1;
  const { size } = plan.inner[last];
  const unroll = vectorsPerIteration(e, stage);
  prepareValues(e, roots, 1, (node) => facts.depth(node) <= ROW);
  const pointers = stagePointers(e, stage);
  bindRowPointers(e, pointers);
  const vectors = range || size >= unroll * LANES ? unroll : Math.ceil(size / LANES);
  const accumulators = startReductions(e, stage, () => vectors);
  const pass = { e, stage, pointers, unroll, size, dim: last };
  const steps = plan.inner.map(({ size }, dim) =>
    dim === last ? Math.ceil(size / (unroll * LANES)) : size
  );
  const blockDim = blockLoop(steps);

  const loops = (dim: number, accumulators: readonly Accumulators[]) => {
    if (dim > 0 && dim === blockDim) {
      addBlock(e, accumulators, (block) => writeLoop(dim, block));
    } else writeLoop(dim, accumulators);
  };
  const writeLoop = (dim: number, accumulators: readonly Accumulators[]) =>
    e.scopes.nest(() => {
      if (dim === last) return writeLanes({ ...pass, accumulators }, range);
      const move = movePointers(e, pointers, dim);
      const at = e.f.local("i32");
      e.innerAt[dim] = at;
      e.f.for(at, i32.const(0), i32.const(plan.inner[dim].size), 1, () => {
        e.scopes.nest(() => {
          prepareValues(e, roots, 1, (node) => facts.depth(node) <= 2 + dim);
          loops(dim + 1, accumulators);
        });
        move(1);
      });
    });
  loops(0, accumulators);
  finishAcrossLanes(e, accumulators);
}

/** What the lane loops of one pass share. */
interface LanePass {
  readonly e: Emission;
  readonly stage: Stage;
  readonly pointers: readonly PointerUse[];
  readonly accumulators: readonly Accumulators[];
  readonly unroll: number;
  /** Elements along the lanes, and the loop they are in. */
  readonly size: number;
  readonly dim: number;
}

function writeLanes(pass: LanePass, range: LaneRange | undefined) {
  if (range?.kind === "limit") return writeLimited(pass, range.count);
  const { e, accumulators, unroll, size, dim, pointers } = pass;
  const step = unroll * LANES;
  const whole = size - size % step;
  const at = e.f.local("i32");
  const start = range?.start ?? i32.const(0);
  if (whole === 0) {
    e.innerAt[dim] = i32.const(0);
    return writeRest(pass, size);
  }
  const move = movePointers(e, pointers, dim, range?.start);
  e.innerAt[dim] = at;
  const iterations = (from: I32, below: I32, accumulators: readonly Accumulators[]) =>
    e.f.for(at, from, below, step, () => {
      writeVectors({ ...pass, accumulators }, unroll);
      move(step);
    });
  if (!range) {
    const end = i32.const(whole);
    const block = BLOCK_STEPS * step;
    if (whole < 2 * block || accumulators.length === 0) iterations(start, end, accumulators);
    else {
      const from = e.f.local("i32");
      e.f.for(from, start, end, block, () => {
        const below = e.f.hold(i32.min(i32.add(from, i32.const(block)), end));
        e.scopes.nest(() => addBlock(e, accumulators, (sums) => iterations(from, below, sums)));
      });
    }
    return writeRest(pass, size - whole);
  }
  const stop = e.f.hold(i32.min(range.stop, i32.const(whole)));
  iterations(start, stop, accumulators);
  if (size > whole) {
    e.f.if(i32.eq(range.stop, i32.const(size)), () => writeRest(pass, size - whole));
  }
}

/** Writes `count` whole vectors from the current position. */
function writeVectors({ e, stage, accumulators }: LanePass, count: number) {
  e.lanes = new Array(count).fill(LANES);
  for (let vector = 0; vector < count; vector++) {
    e.scopes.nest(() => writeVector(e, stage, accumulators, vector, vector));
  }
}

/** Writes fewer elements than an iteration has. */
function writeRest(pass: LanePass, elements: number) {
  const { e, stage, accumulators } = pass;
  const whole = Math.floor(elements / LANES);
  const tail = elements % LANES;
  writeVectors(pass, whole);
  if (tail === 0) return;
  e.lanes = [...new Array(whole).fill(LANES), tail];
  e.scopes.nest(() => writeVector(e, stage, accumulators, whole, whole, tailMask(tail)));
}

/** Ones in the first `lanes` lanes. */
function tailMask(lanes: number): V128 {
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => lane < lanes ? -1 : 0);
  return i32x4.const(a, b, c, d);
}

/** Whole iterations, then masked vectors up to the limit, then stores of the fill value. */
function writeLimited(pass: LanePass, count: Local<"i32">) {
  const { e, stage, accumulators, unroll, size, dim, pointers } = pass;
  const step = unroll * LANES;
  const move = movePointers(e, pointers, dim);
  const at = e.f.local("i32");
  e.innerAt[dim] = at;
  const stop = e.f.hold(i32.and(count, i32.const(-step)));
  e.f.for(at, i32.const(0), stop, step, () => {
    writeVectors(pass, unroll);
    move(step);
  });

  const end = e.f.hold(i32.const(size));
  const eitherWidth = (write: (lanes: number) => void) => {
    const tail = size % LANES;
    const all = () => e.scopes.nest(() => write(LANES));
    const some = () => e.scopes.nest(() => write(tail));
    if (tail === 0) return all();
    if (size < LANES) return some();
    e.f.if(i32.leS(i32.add(at, i32.const(LANES)), end), all, some);
  };
  e.f.for(at, at, count, LANES, () => {
    eitherWidth((lanes) => {
      e.lanes = [lanes];
      const mask = e.scopes.temporary();
      const numbers = i32x4.add(i32x4.splat(at), i32x4.const(0, 1, 2, 3));
      e.f.set(mask, i32x4.ltS(numbers, i32x4.splat(count)));
      writeVector(e, stage, accumulators, 0, 0, mask, e.staged.plan.fill);
    });
    move(LANES);
  });
  if (stage.stores.length === 0) return;
  const fills = stage.stores.map(({ access, value: { type } }) => {
    const fill = e.scopes.temporary();
    e.f.set(fill, constantVector(type, e.staged.plan.fill));
    return { access, fill };
  });
  e.f.for(at, at, end, LANES, () => {
    eitherWidth((lanes) => {
      e.lanes = [lanes];
      for (const { access, fill } of fills) storeVector(e, access, 0, fill);
    });
    move(LANES);
  });
}
