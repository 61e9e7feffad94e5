/** Writes loads and stores of vectors: contiguous, repeated, strided, gathered. */

import type { DagNode } from "./dag.ts";
import { BYTES, type Emission } from "./wasm_emission.ts";
import { type I32, i32, i32x4, type V128, v128 } from "./wasm_expr.ts";
import { LANES } from "./wasm_operation.ts";
import { isRowOffset, pointerOf } from "./wasm_pointers.ts";

/** Largest constant offset in an instruction; beyond, V8 emits slower code. */
const MOST_OFFSET = 1024;

/** The vector an access reads. Lanes that do not exist hold anything. */
export function loadVector(e: Emission, node: DagNode, vector: number): V128 {
  const { facts } = e.staged;
  const [offset] = node.args;
  const pointer = pointerOf(e, node.value, offset);
  const stride = laneStride(e, node.value);
  const start = vector * LANES * stride * BYTES;
  if (offset && facts.variesByLane(offset)) {
    const offsets = e.scopes.temporary();
    e.f.set(offsets, e.value(offset, vector));
    return collectLanes(e, vector, (lane) =>
      within(
        i32.add(pointer, i32x4.extractLane(offsets, lane)),
        start + lane * stride * BYTES,
      ));
  }
  const address = offset && !isRowOffset(e, offset)
    ? i32.add(pointer, i32x4.extractLane(e.value(offset, vector), 0))
    : pointer;
  if (stride === 0) return v128.load32Splat(address);
  if (stride === 1) return v128.load(...within(address, start));
  const base = e.f.hold(address);
  return collectLanes(e, vector, (lane) => within(base, start + lane * stride * BYTES));
}

/** Elements between the neighbours of a vector. */
function laneStride({ staged: { plan } }: Emission, access: number): number {
  const strides = plan.accesses[access][plan.lanes];
  return strides[strides.length - 1];
}

/** A vector of single elements; those of missing lanes are not read. */
function collectLanes(
  e: Emission,
  vector: number,
  place: (lane: number) => readonly [I32, number],
): V128 {
  const sum = e.scopes.temporary();
  e.f.set(sum, v128.load32Zero(...place(0)));
  for (let lane = 1; lane < e.lanes[vector]; lane++) {
    const [address, offset] = place(lane);
    e.f.set(sum, v128.load32Lane(address, sum, lane, offset));
  }
  return sum;
}

/** Stores the lanes of a vector that exist. */
export function storeVector(e: Emission, access: number, vector: number, value: V128) {
  const pointer = pointerOf(e, access, undefined);
  const stride = laneStride(e, access);
  const start = vector * LANES * stride * BYTES;
  // Memory of the thread has room behind each row, so whole vectors may go there.
  const isWhole = e.lanes[vector] === LANES || e.staged.plan.accesses[access].position < 0;
  if (stride === 1 && isWhole) {
    const [address, offset] = within(pointer, start);
    e.f.store(address, value, offset);
    return;
  }
  const held = e.scopes.temporary();
  e.f.set(held, value);
  for (let lane = 0; lane < e.lanes[vector]; lane++) {
    const [address, offset] = within(pointer, start + lane * stride * BYTES);
    e.f.storeLane(address, held, lane, offset);
  }
}

/** Stores lane 0. */
export function storeScalar(e: Emission, access: number, value: V128) {
  e.f.storeLane(pointerOf(e, access, undefined), value, 0);
}

/** An address and a constant offset, which goes into the instruction where it is small. */
function within(address: I32, offset: number): readonly [I32, number] {
  return offset >= 0 && offset <= MOST_OFFSET
    ? [address, offset]
    : [i32.add(address, i32.const(offset)), 0];
}
