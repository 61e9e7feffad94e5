/** The counter-based random numbers of kernel programs: Threefry-2x32-20. */

import type { DagBuilder, DagNode } from "./dag.ts";

/** Bits each round rotates by; the pattern repeats after eight rounds. */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
const ROUNDS = 20;
/** Parity word of the key schedule. */
const PARITY = 0x1bd11bda;

/**
 * Threefry-2x32-20 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): two random
 * words for a key and a counter of two words each. All are unsigned 32-bit integers.
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): [number, number] {
  const keys = [key0 >>> 0, key1 >>> 0, (PARITY ^ key0 ^ key1) >>> 0];
  let x0 = (counter0 + keys[0]) >>> 0;
  let x1 = (counter1 + keys[1]) >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bits = ROTATIONS[round % 8];
    x0 = (x0 + x1) >>> 0;
    x1 = (((x1 << bits) | (x1 >>> (32 - bits))) ^ x0) >>> 0;
    if (round % 4 === 3) {
      const step = (round + 1) / 4;
      x0 = (x0 + keys[step % 3]) >>> 0;
      x1 = (x1 + keys[(step + 1) % 3] + step) >>> 0;
    }
  }
  return [x0, x1];
}

/** The first word for the counter (counter, 0), as a node. All nodes are u32. */
export function threefryNode(
  builder: DagBuilder,
  key0: DagNode,
  key1: DagNode,
  counter: DagNode,
): DagNode {
  const constant = (value: number) => builder.constant("u32", value);
  const xor = (a: DagNode, b: DagNode) => builder.binary("xor", a, b);
  const add = (a: DagNode, b: DagNode) => builder.binary("add", a, b);
  const rotate = (a: DagNode, bits: number) =>
    builder.binary(
      "or",
      builder.binary("shl", a, constant(bits)),
      builder.binary("shr", a, constant(32 - bits)),
    );
  const keys = [key0, key1, xor(xor(constant(PARITY), key0), key1)];
  let x0 = add(counter, key0);
  let x1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    x0 = add(x0, x1);
    x1 = xor(rotate(x1, ROTATIONS[round % 8]), x0);
    if (round % 4 === 3) {
      const step = (round + 1) / 4;
      x0 = add(x0, keys[step % 3]);
      x1 = add(add(x1, keys[(step + 1) % 3]), constant(step));
    }
  }
  return x0;
}
