/** An arena of memory: places blocks by best fit, and merges what is freed. */

/**
 * Blocks start at multiples of this many bytes: what WebGPU bindings need; a cache line is less.
 */
export const ALIGNMENT = 256;

/** Gives out and takes back address ranges; grows as needed, `peak` bytes at most so far. */
export interface Arena {
  /** The address of a free block of `bytes`. */
  allocate(bytes: number): number;
  /** Takes back what `allocate` gave. */
  free(address: number, bytes: number): void;
  /** The end of the highest block given out so far. */
  readonly peak: number;
}

/** Rounds a size up to the arena's alignment; an empty block takes one line. */
export function alignedBytes(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
}

/**
 * Makes an arena whose first address is `start`. Blocks do not cross multiples of `region` bytes
 * from there, and larger ones begin at them: so the arena can be cut, where memory comes in parts.
 */
export function createArena(start: number, region = Infinity): Arena {
  /** Free blocks below `top`, by address; neighbours are merged. */
  const holes: { address: number; bytes: number }[] = [];
  let top = start;
  let peak = start;
  /** The first address from `address` on where a block may begin. */
  const placeFrom = (address: number, bytes: number): number => {
    const offset = (address - start) % region;
    return offset === 0 || offset + bytes <= region ? address : address + region - offset;
  };
  return {
    allocate(size) {
      const bytes = alignedBytes(size);
      let best = -1;
      holes.forEach((hole, i) => {
        const fits = placeFrom(hole.address, bytes) + bytes <= hole.address + hole.bytes;
        if (fits && (best < 0 || hole.bytes < holes[best].bytes)) best = i;
      });
      if (best < 0) {
        const address = placeFrom(top, bytes);
        if (address > top) holes.push({ address: top, bytes: address - top });
        top = address + bytes;
        peak = Math.max(peak, top);
        return address;
      }
      const hole = holes[best];
      const address = placeFrom(hole.address, bytes);
      const end = hole.address + hole.bytes;
      const rest = [
        { address: hole.address, bytes: address - hole.address },
        { address: address + bytes, bytes: end - address - bytes },
      ];
      holes.splice(best, 1, ...rest.filter((part) => part.bytes > 0));
      return address;
    },
    free(address, size) {
      const bytes = alignedBytes(size);
      let at = holes.findIndex((hole) => hole.address > address);
      if (at < 0) at = holes.length;
      const before = holes[at - 1];
      const after = holes[at];
      if (before && before.address + before.bytes === address) {
        before.bytes += bytes;
        if (after && before.address + before.bytes === after.address) {
          before.bytes += after.bytes;
          holes.splice(at, 1);
        }
      } else if (after && address + bytes === after.address) {
        after.address = address;
        after.bytes += bytes;
      } else {
        holes.splice(at, 0, { address, bytes });
      }
      const last = holes[holes.length - 1];
      if (last && last.address + last.bytes === top) {
        top = last.address;
        holes.pop();
      }
    },
    get peak() {
      return peak;
    },
  };
}
