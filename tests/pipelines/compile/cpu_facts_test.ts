import assert from "node:assert/strict";
import { findCpuFacts, findWasmFacts } from "../../../pipelines/compile/cpu_facts.ts";

Deno.test("findCpuFacts() finds one of the two ways to round, and cores", () => {
  const { cores, relaxedMadd } = findCpuFacts();
  assert.ok(cores >= 1);
  assert.match(relaxedMadd, /^(fused|separate)$/);
});

Deno.test("findWasmFacts() finds the vectors that all engines of Deno 2 have", () => {
  assert.deepEqual(findWasmFacts(), { simd: true, relaxedSimd: true });
});
