import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { ended, ROOT, spawn } from "./_sluice.ts";

Deno.test("a program of another project, with other compiler options, can import mod.ts", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-" }));
  try {
    const mod = relative(dir, join(ROOT, "mod.ts"));
    await Deno.writeTextFile(
      join(dir, "sweep.ts"),
      `import { type RunReport, runPipeline } from "${mod}";
const report: RunReport = await runPipeline("a.yaml", { engine: "reference", log: console.log });
console.log(report.stages.trained.metrics.val_loss);
`,
    );
    const links = [relative(dir, ROOT)];
    await Deno.writeTextFile(join(dir, "deno.json"), JSON.stringify({ links }));
    const { code, err } = await ended(spawn(dir, ["check", "sweep.ts"]));
    assert.equal(code, 0, err);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
