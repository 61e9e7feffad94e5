import assert from "node:assert/strict";
import { workgroupGrid } from "../../../graph/ir/kernel.ts";

Deno.test("workgroupGrid() goes on in a second row where one axis is full", () => {
  assert.deepEqual(workgroupGrid(1), [1, 1, 1]);
  assert.deepEqual(workgroupGrid(65535), [65535, 1, 1]);
  assert.deepEqual(workgroupGrid(65536), [65535, 2, 1]);
  assert.throws(() => workgroupGrid(65535 ** 2 + 1), {
    name: "RangeError",
    message: "Cannot launch 4294836226 workgroups at once",
  });
});
