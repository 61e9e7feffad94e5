import assert from "node:assert/strict";
import { chooseEngine, describeEngine } from "../../../pipelines/compile/choose_engine.ts";
import type { AdapterSearch } from "../../../runtime/webgpu/find_adapter.ts";

/** A search that comes to this; it fails if it is called though nobody should ask. */
const finds = (name: string, software: boolean) => () =>
  Promise.resolve({ name, software } as AdapterSearch);
const findsNothing = () => Promise.resolve({ missing: "no WebGPU adapter was found" });
const asksNobody = () => Promise.reject(new Error("asked for an adapter"));

Deno.test("chooseEngine() takes a GPU for auto", async () => {
  assert.deepEqual(await chooseEngine("auto", finds("NVIDIA H200", false)), {
    engine: "webgpu",
    reason: "auto: this machine has a GPU",
    adapter: "NVIDIA H200",
  });
});

Deno.test("chooseEngine() takes wasm for auto where webgpu would compute on the CPU", async () => {
  assert.deepEqual(await chooseEngine("auto", finds("llvmpipe (LLVM 15.0.6, 256 bits)", true)), {
    engine: "wasm",
    reason: "auto: the only WebGPU adapter is software, llvmpipe (LLVM 15.0.6, 256 bits)",
  });
});

Deno.test("chooseEngine() takes wasm for auto without an adapter", async () => {
  assert.deepEqual(await chooseEngine("auto", findsNothing), {
    engine: "wasm",
    reason: "auto: no WebGPU adapter was found",
  });
});

Deno.test("chooseEngine() takes any adapter for webgpu, and insists on one", async () => {
  assert.deepEqual(await chooseEngine("webgpu", finds("llvmpipe", true)), {
    engine: "webgpu",
    reason: "asked for; a software adapter",
    adapter: "llvmpipe",
  });
  assert.deepEqual(await chooseEngine("webgpu", finds("Apple M4", false)), {
    engine: "webgpu",
    reason: "asked for",
    adapter: "Apple M4",
  });
  await assert.rejects(chooseEngine("webgpu", findsNothing), {
    message: "Cannot use engine webgpu: no WebGPU adapter was found; " +
      "deno task doctor tells what there should be",
  });
});

Deno.test("chooseEngine() leaves adapters alone for the engines of the CPU", async () => {
  for (const engine of ["wasm", "reference"] as const) {
    assert.deepEqual(await chooseEngine(engine, asksNobody), { engine, reason: "asked for" });
  }
});

Deno.test("describeEngine() names what the engine computes on", () => {
  const reason = "asked for";
  assert.equal(
    describeEngine({ engine: "webgpu", adapter: "Apple M4", reason }, 2),
    "engine webgpu, Apple M4 (asked for)",
  );
  assert.equal(
    describeEngine({ engine: "wasm", reason }, 1),
    "engine wasm, 1 thread (asked for)",
  );
  assert.equal(
    describeEngine({ engine: "wasm", reason }, 2),
    "engine wasm, 2 threads (asked for)",
  );
  assert.equal(describeEngine({ engine: "reference", reason }, 2), "engine reference (asked for)");
});
