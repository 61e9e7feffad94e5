import assert from "node:assert/strict";
import { createDigestSet } from "../../../pipelines/data/digest_set.ts";

Deno.test("createDigestSet() knows what was added, through many growths", () => {
  const set = createDigestSet();
  const count = 20_000;
  for (let i = 0; i < count; i++) assert.equal(set.add(`text ${i}`), true);
  for (let i = 0; i < count; i++) assert.equal(set.add(`text ${i}`), false);
  assert.equal(set.add(`text ${count}`), true);
});
