import assert from "node:assert/strict";
import { editDistance, suggest } from "../../../pipelines/schema/suggest.ts";

Deno.test("editDistance() counts insertions, deletions, substitutions and swaps", () => {
  assert.equal(editDistance("steps", "steps"), 0);
  assert.equal(editDistance("stpes", "steps"), 1);
  assert.equal(editDistance("step", "steps"), 1);
  assert.equal(editDistance("stepps", "steps"), 1);
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("", "abc"), 3);
});

Deno.test("editDistance() stops above the limit", () => {
  assert.equal(editDistance("kitten", "sitting", 2), 3);
  assert.equal(editDistance("a", "abcdef", 2), 3);
});

Deno.test("suggest() names the nearest word, and none that is far", () => {
  const known = ["steps", "batch", "schedule", "z_loss", "dp", "tp", "fsdp"];
  assert.equal(suggest("stpes", known), "steps");
  assert.equal(suggest("schedual", known), "schedule");
  assert.equal(suggest("Z-Loss", known), "z_loss");
  assert.equal(suggest("zloss", known), "z_loss");
  assert.equal(suggest("temperature", known), undefined);
  assert.equal(suggest("ddp", known), "dp");
  assert.equal(suggest("xy", known), undefined);
  assert.equal(suggest("dp", ["dp"]), undefined);
});
