/** A set of texts, kept as 128-bit digests: 16 bytes each, and no limit of entries as a `Set` has. */

import { hash } from "node:crypto";

/** Remembers which texts it has seen. Two texts that differ are told apart but for a chance of 2^-128. */
export interface DigestSet {
  /** Adds a text; false if it is there already. */
  add(text: string): boolean;
}

/** An empty set: an open-addressing table that grows. */
export function createDigestSet(): DigestSet {
  let capacity = 1 << 12;
  let table = new Uint32Array(4 * capacity);
  let entries = 0;

  /** Puts four words in place; false if they are there. Four zeros mark a free place. */
  const place = (a: number, b: number, c: number, d: number): boolean => {
    let slot = a & (capacity - 1);
    while (true) {
      const at = 4 * slot;
      if (table[at] === a && table[at + 1] === b && table[at + 2] === c && table[at + 3] === d) {
        return false;
      }
      if ((table[at] | table[at + 1] | table[at + 2] | table[at + 3]) === 0) {
        table.set([a, b, c, d], at);
        return true;
      }
      slot = (slot + 1) & (capacity - 1);
    }
  };
  const grow = () => {
    const old = table;
    capacity *= 2;
    table = new Uint32Array(4 * capacity);
    for (let at = 0; at < old.length; at += 4) {
      if ((old[at] | old[at + 1] | old[at + 2] | old[at + 3]) !== 0) {
        place(old[at], old[at + 1], old[at + 2], old[at + 3]);
      }
    }
  };
  const add = (text: string): boolean => {
    const digest = hash("sha256", text, "buffer");
    const added = place(
      digest.readUInt32LE(0),
      digest.readUInt32LE(4),
      digest.readUInt32LE(8),
      digest.readUInt32LE(12),
    );
    if (added && ++entries * 2 > capacity) grow();
    return added;
  };
  return { add };
}
