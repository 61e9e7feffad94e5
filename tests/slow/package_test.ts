import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pack } from "../pack.ts";
import { ended, ROOT, spawn } from "../pipelines/cli/processes/_sluice.ts";

const SERVER = fileURLToPath(new URL("./_serve_package.ts", import.meta.url));
const small = [
  "stages.corpus.count=1500",
  "stages.trained.steps=5",
  "stages.trained.schedule.warmup=1",
].flatMap((value) => ["--set", value]);

/** The address that the server prints first. */
async function addressOf(server: Deno.ChildProcess): Promise<string> {
  const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  reader.releaseLock();
  return value.trim();
}

Deno.test("the package runs from a server: new makes a project, whose run trains and is cached", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-" }));
  const project = join(dir, "project");
  await pack(join(dir, "package"));
  const server = spawn(ROOT, ["run", "--no-config", "-R", "-N", SERVER, join(dir, "package")]);
  try {
    const address = await addressOf(server);
    const allowed = `--allow-import=${new URL(address).host}`;
    const main = new URL("pipelines/cli/main.ts", address).href;
    const made = await ended(
      spawn(dir, ["run", "-q", allowed, "-R", "-W", "-E", main, "new", project]),
    );
    assert.equal(made.code, 0, made.err);
    const config = join(project, "deno.json");
    const { tasks } = JSON.parse(await Deno.readTextFile(config));
    assert.ok(tasks.run.endsWith(` ${main} run`), tasks.run);
    // The registry may be imported from without being asked; this server may not.
    const run = tasks.run.replace("deno run", `deno run -q ${allowed}`);
    await Deno.writeTextFile(config, JSON.stringify({ tasks: { run } }));
    for (const status of ["ran", "cached"]) {
      const args = ["task", "run", "pipeline.yaml", ...small, "--json"];
      const { code, out, err } = await ended(spawn(project, args));
      assert.equal(code, 0, err);
      const { stages } = JSON.parse(out);
      assert.equal(stages.trained.status, status);
      assert.equal(stages.trained.metrics.steps, 5);
    }
  } finally {
    server.kill();
    await Promise.all([server.status, server.stderr.cancel()]);
    await Deno.remove(dir, { recursive: true });
  }
});
