/**
 * Where the arena of a plan lies on a GPU: its addresses are spread over slabs, buffers of moderate
 * size, since one buffer cannot be as large as the memory.
 */

import { alignedBytes } from "../../graph/plan/arena.ts";

/** Addresses of an arena that must lie in one slab. */
export interface Span {
  readonly address: number;
  readonly bytes: number;
}

/** Slabs and what lies in them. */
export interface MemoryPlacement {
  /** Size of each slab in bytes. */
  readonly slabs: readonly number[];
  /** Where an address of one of the spans lies. */
  place(address: number): { readonly slab: number; readonly offset: number };
}

/**
 * A slab is no larger than this unless one block is: drivers refuse large ones long before their
 * memory is full.
 */
const SLAB_BYTES = 256 * 2 ** 20;

/**
 * Spreads spans over slabs of at most `maxBytes`. Spans that overlap form a block and stay
 * together; offsets are multiples of the arena's alignment. Throws a RangeError if a block is too
 * large.
 */
export function placeMemory(
  spans: readonly Span[],
  maxBytes: number,
  slabBytes: number = SLAB_BYTES,
): MemoryPlacement {
  const slabs: number[] = [];
  const placed = blocksOf(spans).map(({ address, bytes }) => {
    if (bytes > maxBytes) {
      throw new RangeError(
        `tensors that share memory take ${bytes} bytes together, a buffer has ${maxBytes} at most`,
      );
    }
    const last = slabs.length - 1;
    const fits = last >= 0 && slabs[last] + bytes <= Math.min(slabBytes, maxBytes);
    const slab = fits ? last : slabs.push(0) - 1;
    const offset = slabs[slab];
    slabs[slab] += bytes;
    return { address, slab, offset };
  });
  return {
    slabs,
    place(address) {
      // The last block that does not start behind the address.
      let [low, high] = [0, placed.length];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (placed[middle].address <= address) low = middle;
        else high = middle;
      }
      const { slab, offset, address: start } = placed[low];
      return { slab, offset: offset + address - start };
    },
  };
}

/** Spans that overlap as one, by address; spans that only touch stay apart. */
function blocksOf(spans: readonly Span[]): Span[] {
  const blocks: { address: number; bytes: number }[] = [];
  for (const { address, bytes: exact } of spans.toSorted((a, b) => a.address - b.address)) {
    const bytes = alignedBytes(exact);
    const last = blocks.at(-1);
    if (last && address < last.address + last.bytes) {
      last.bytes = Math.max(last.bytes, address + bytes - last.address);
    } else blocks.push({ address, bytes });
  }
  return blocks;
}
