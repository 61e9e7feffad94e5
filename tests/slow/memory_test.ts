import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ended, ROOT, spawn } from "../pipelines/cli/processes/_sluice.ts";
import { webgpuTest } from "../webgpu_engine.ts";

for (const [engine, test] of [["wasm", Deno.test], ["webgpu", webgpuTest]] as const) {
  test(`a training of 2000 steps holds its memory on ${engine}`, async () => {
    const script = fileURLToPath(new URL("./_memory_run.ts", import.meta.url));
    // Of V8's heap the part for new objects comes and goes by tens of MiB: here it stays small.
    const flags = "--v8-flags=--expose-gc,--max-semi-space-size=2";
    const { code, out, err } = await ended(spawn(ROOT, ["run", flags, "-R", "-E", script, engine]));
    assert.equal(code, 0, err);
    const [first, last]: number[] = JSON.parse(out);
    console.log(`${engine}: ${first.toFixed(1)} MiB at first, ${last.toFixed(1)} MiB in the end`);
    assert.ok(Math.abs(last / first - 1) < 0.05, out);
  });
}
