import assert from "node:assert/strict";
import { namesBelow } from "../../../pipelines/compile/names_below.ts";

Deno.test("namesBelow() names files by their paths below the deepest folder that holds all", () => {
  const names = (...paths: string[]) => namesBelow(paths).map(({ name }) => name);
  assert.deepEqual(names("/data/b/x.txt", "/data/b2/c/y.txt"), ["b/x.txt", "b2/c/y.txt"]);
  assert.deepEqual(names("/data/b/x.txt", "/data/y.txt"), ["b/x.txt", "y.txt"]);
  assert.deepEqual(names("/data/b/x.txt"), ["x.txt"]);
  assert.deepEqual(namesBelow([]), []);
});
