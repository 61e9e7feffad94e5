import assert from "node:assert/strict";
import {
  describeBenchEngine,
  findBenchEngines,
} from "../../../../pipelines/cli/bench/bench_engine.ts";

const card = () => Promise.resolve({ name: "a card", software: false });
const cpu = () => Promise.resolve({ name: "llvmpipe", software: true });
const none = () => Promise.resolve({ missing: "no WebGPU adapter was found" });

Deno.test("findBenchEngines() measures what runs choose from, and says what it leaves out", async () => {
  const names = async (...given: Parameters<typeof findBenchEngines>) => {
    const { engines, leftOut } = await findBenchEngines(...given);
    return [...engines.map(describeBenchEngine), leftOut];
  };
  assert.deepEqual(await names(undefined, 2, card), [
    "wasm, 2 threads",
    "webgpu, a card",
    undefined,
  ]);
  assert.deepEqual(await names("webgpu", 2, cpu), ["webgpu, llvmpipe", undefined]);
  assert.deepEqual(await names("wasm", 1, card), ["wasm, 1 thread", undefined]);
  assert.deepEqual(await names(undefined, 2, cpu), [
    "wasm, 2 threads",
    "webgpu: the only adapter is software, llvmpipe; --engine webgpu measures it",
  ]);
  assert.deepEqual(await names(undefined, 2, none), [
    "wasm, 2 threads",
    "webgpu: no WebGPU adapter was found",
  ]);
});

Deno.test("findBenchEngines() refuses webgpu without an adapter", async () => {
  await assert.rejects(findBenchEngines("webgpu", 2, none), {
    message: "Cannot measure webgpu: no WebGPU adapter was found; " +
      "deno task doctor tells what there should be",
  });
});
