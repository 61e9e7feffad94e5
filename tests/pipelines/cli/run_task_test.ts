import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../../../pipelines/cli/main.ts";
import { resumeCommand } from "../../../pipelines/cli/run_task.ts";

const ROOT = resolve(fileURLToPath(new URL("../../../", import.meta.url)));

Deno.test("resumeCommand() gives the command again, without --fresh", () => {
  assert.equal(
    resumeCommand({ args: ["a b.yaml", "--fresh", "--out", "it's"], cwd: join(ROOT, "pipelines") }),
    "deno task run 'a b.yaml' --out 'it'\"'\"'s'",
  );
  assert.equal(
    resumeCommand({ args: ["x.yaml"], cwd: "/" }),
    `deno task --cwd ${ROOT} run x.yaml`,
  );
});

Deno.test("main() refuses tasks that are not there", async () => {
  for (const name of ["rescore", "constructor", ""]) {
    assert.equal(await main([name]), 1);
  }
});
