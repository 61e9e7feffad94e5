import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { webgpuTest } from "../../../webgpu_engine.ts";
import { ended, ROOT, spawn } from "./_sluice.ts";

webgpuTest(
  "superviseRun() ends a run whose device hangs, and says what was in flight",
  async () => {
    const script = fileURLToPath(new URL("./_hung_run.ts", import.meta.url));
    const { code, out } = await ended(
      spawn(ROOT, ["run", "-R", "-E", script]),
      240_000,
    );
    assert.match(
      out,
      /^Cannot go on: gave up after waiting 2\.0 s for steps 3 to 4 of model on device 0 \(webgpu, .*\), in flight: 2 x step \(1 launches, the costliest op endless \(model\.a, toy\.yaml:3:5\): f32\[row=64\] -> f32\[row=64\]\)\n$/,
    );
    // Not killed: the process ends although its Worker is deaf.
    assert.equal(code, 1);
  },
);
