import assert from "node:assert/strict";
import { placeMemory } from "../../../runtime/webgpu/place_memory.ts";

const span = (address: number, bytes: number) => ({ address, bytes });

Deno.test("placeMemory() puts blocks one behind the other, leaving out what nothing uses", () => {
  const { slabs, place } = placeMemory([span(1024, 4), span(0, 300), span(2048, 16)], 2 ** 20);
  assert.deepEqual(slabs, [512 + 256 + 256]);
  assert.deepEqual([0, 256, 1024, 2048].map(place), [
    { slab: 0, offset: 0 },
    { slab: 0, offset: 256 },
    { slab: 0, offset: 512 },
    { slab: 0, offset: 768 },
  ]);
});

Deno.test("placeMemory() begins a slab where a block no longer fits, and keeps overlaps together", () => {
  const spans = [span(0, 512), span(512, 512), span(768, 512), span(1280, 256), span(1536, 2000)];
  const { slabs, place } = placeMemory(spans, 4096, 1024);
  assert.deepEqual(slabs, [512, 768 + 256, 2048]);
  assert.deepEqual([0, 512, 768, 1280, 1536, 1792].map(place), [
    { slab: 0, offset: 0 },
    { slab: 1, offset: 0 },
    { slab: 1, offset: 256 },
    { slab: 1, offset: 768 },
    { slab: 2, offset: 0 },
    { slab: 2, offset: 256 },
  ]);
});

Deno.test("placeMemory() refuses a block that no buffer can hold", () => {
  assert.throws(() => placeMemory([span(0, 600), span(512, 600)], 1024), {
    name: "RangeError",
    message: "tensors that share memory take 1280 bytes together, a buffer has 1024 at most",
  });
});
