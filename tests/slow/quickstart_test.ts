import assert from "node:assert/strict";
import { join } from "node:path";
import { readMetrics } from "../../pipelines/train/metrics_lines.ts";
import { call, ROOT, withPipeline } from "../pipelines/cli/processes/_sluice.ts";
import { webgpuTest } from "../webgpu_engine.ts";

webgpuTest("the quickstart has the losses of wasm on webgpu", () =>
  withPipeline(async (dir) => {
    const few = ["steps=12", "schedule.warmup=4"].flatMap((
      set,
    ) => ["--set", `stages.trained.${set}`]);
    const run = async (engine: string) => {
      const out = join(dir, engine);
      const flags = ["--engine", engine, "--until", "trained", "--out", out, ...few];
      const { code, err } = await call(
        dir,
        "run",
        join(ROOT, "pipelines/quickstart.yaml"),
        ...flags,
      );
      assert.equal(code, 0, err);
      return await readMetrics(join(out, "trained"));
    };
    const [wasm, webgpu] = [await run("wasm"), await run("webgpu")];
    assert.equal(webgpu.length, 12);
    webgpu.forEach(({ step, loss }, i) => {
      assert.ok(Math.abs(loss / wasm[i].loss - 1) < 1e-4, `step ${step}: ${loss}, ${wasm[i].loss}`);
    });
    assert.ok(Math.abs(webgpu[11].val_loss! / wasm[11].val_loss! - 1) < 1e-4);
  }));
