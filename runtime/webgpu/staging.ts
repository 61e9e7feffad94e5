/** Buffers on their way from the device to the host. */

import type { Dtype } from "../../graph/ir/tensor.ts";
import { type Elements, viewElements } from "../device.ts";
import type { Place } from "./recorder.ts";

/** A copy that is on its way. */
export interface Copied {
  readonly dtype: Dtype;
  readonly bytes: number;
  /** There once the staging buffer has been read. */
  elements: Elements | undefined;
}

/** A pool of buffers that the host can read. */
export interface Staging {
  /**
   * Takes room for a copy: the caller records it. `undefined` for an empty one, which is there at
   * once.
   */
  take(copied: Copied): Place | undefined;
  /**
   * Reads everything taken so far; the commands that fill it must have been submitted. Where
   * `sound` turns out false they have failed, and no copy is ever there.
   */
  collect(sound: Promise<boolean>): Promise<void>;
}

/** The size of one staging buffer, and of the largest copy. */
export const STAGING_BYTES = 16 * 2 ** 20;

interface Chunk {
  readonly buffer: GPUBuffer;
  used: number;
  readonly copies: { readonly copied: Copied; readonly offset: number }[];
}

/** `make` makes a buffer of `STAGING_BYTES`, when one is first needed. */
export function makeStaging(make: () => GPUBuffer): Staging {
  const free: Chunk[] = [];
  let filled: Chunk[] = [];
  return {
    take(copied) {
      if (copied.bytes === 0) {
        copied.elements = viewElements(new ArrayBuffer(0), copied.dtype, 0, 0);
        return undefined;
      }
      let chunk = filled.at(-1);
      if (!chunk || chunk.used + copied.bytes > STAGING_BYTES) {
        chunk = free.pop() ?? { buffer: make(), used: 0, copies: [] };
        filled.push(chunk);
      }
      const offset = chunk.used;
      chunk.copies.push({ copied, offset });
      chunk.used += copied.bytes;
      return { buffer: chunk.buffer, offset };
    },
    async collect(sound) {
      const chunks = filled;
      filled = [];
      const mapped = chunks.map(({ buffer, used }) => buffer.mapAsync(GPUMapMode.READ, 0, used));
      await Promise.all(mapped);
      if (!await sound) return;
      for (const chunk of chunks) {
        const { buffer, used, copies } = chunk;
        const mapped = buffer.getMappedRange(0, used);
        for (const { copied, offset } of copies) {
          const { dtype, bytes } = copied;
          copied.elements = viewElements(mapped, dtype, offset, bytes / 4).slice();
        }
        buffer.unmap();
        chunk.used = 0;
        chunk.copies.length = 0;
        free.push(chunk);
      }
    },
  };
}
