import assert from "node:assert/strict";
import { createArena } from "../../../graph/plan/arena.ts";

Deno.test("createArena() leaves no gaps where nothing is cut, however large the blocks are", () => {
  const arena = createArena(0);
  for (let i = 0; i < 5; i++) assert.equal(arena.allocate(600 * 2 ** 20), i * 600 * 2 ** 20);
  assert.equal(arena.peak, 3000 * 2 ** 20);
});

Deno.test("createArena() lets no block cross a multiple of the region", () => {
  const arena = createArena(512, 2048);
  assert.equal(arena.allocate(1536), 512);
  // The next region begins at 2560: what is left before it is for smaller ones.
  assert.equal(arena.allocate(1024), 2560);
  assert.equal(arena.allocate(512), 2048);
  // A block larger than a region begins at the start of one.
  assert.equal(arena.allocate(2304), 4608);
  assert.equal(arena.allocate(768), 3584);
  assert.equal(arena.allocate(1024), 6912);
  arena.free(2048, 512);
  arena.free(2560, 1024);
  // From 2048 to 3584 there is a hole that the boundary at 2560 divides.
  assert.equal(arena.allocate(1024), 2560);
  assert.equal(arena.allocate(512), 2048);
  assert.equal(arena.peak, 7936);
});
