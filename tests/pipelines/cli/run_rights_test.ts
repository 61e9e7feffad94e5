import assert from "node:assert/strict";
import { join } from "node:path";
import { runRights } from "../../../pipelines/cli/run_rights.ts";
import type { RunPlan } from "../../../pipelines/compile/run_plan.ts";
import { fakePlan, fakeStage } from "../compile/_fake_run.ts";
import { withFolder } from "../compile/_with_folder.ts";

Deno.test("runRights() lets a run read its inputs, write its folder, and nothing else", () =>
  withFolder(async (dir) => {
    for (const name of ["out", "data", "private"]) await Deno.mkdir(join(dir, name));
    const [input, secret] = [join(dir, "data", "a.txt"), join(dir, "private", "b.txt")];
    const neighbour = join(dir, "data", "secret.env");
    const project = (path: string) => new URL(`../../../${path}`, import.meta.url).pathname;
    for (const path of [input, secret, neighbour]) await Deno.writeTextFile(path, "text");
    const stage = { ...fakeStage("a"), files: [{ path: input, location: "p.yaml:1:1" }] };
    const attempts: readonly (readonly [string, string, string])[] = [
      ["read", input, "done"],
      ["read", project("pipelines/compile/run_stages.ts"), "done"],
      ["read", project("deno.json"), "done"],
      ["read", project("README.md"), "NotCapable"],
      ["read", project(".git/config"), "NotCapable"],
      ["read", neighbour, "NotCapable"],
      ["read", secret, "NotCapable"],
      ["write", join(dir, "out", "x"), "done"],
      ["write", input, "NotCapable"],
      ["write", join(dir, "y"), "NotCapable"],
      ["env", "LOG_TOKENS", "done"],
      ["env", "HOME", "NotCapable"],
      ["net", "127.0.0.1", "NotCapable"],
      ["run", "deno", "NotCapable"],
    ];
    const results = await pry(fakePlan(join(dir, "out"), [stage]), attempts);
    assert.deepEqual(results, attempts.map(([, , result]) => result));
  }));

Deno.test("runRights() lets a run read inputs and write a folder that are symbolic links", () =>
  withFolder(async (dir) => {
    for (const name of ["disk", "blobs"]) await Deno.mkdir(join(dir, name));
    await Deno.symlink("disk", join(dir, "runs"));
    const blob = join(dir, "blobs", "8dc1");
    await Deno.writeTextFile(blob, "text");
    await Deno.symlink("blobs/8dc1", join(dir, "a.parquet"));
    const [input, out] = [join(dir, "a.parquet"), join(dir, "runs", "new")];
    const stage = { ...fakeStage("a"), files: [{ path: input, location: "p.yaml:1:1" }] };
    const plan = fakePlan(out, [stage]);
    const rights = runRights(plan);
    await Deno.mkdir(out);
    const attempts: readonly (readonly [string, string, string])[] = [
      ["read", input, "done"],
      ["stat", input, "done"],
      ["write", join(out, "x"), "done"],
      ["stat", join(out, "x"), "done"],
      ["write", input, "NotCapable"],
      ["write", join(dir, "disk", "y"), "NotCapable"],
    ];
    assert.deepEqual(await pry(plan, attempts, rights), attempts.map(([, , result]) => result));
  }));

/** What a Worker with the rights of a run can do. */
async function pry(
  plan: RunPlan,
  attempts: readonly (readonly string[])[],
  permissions = runRights(plan),
): Promise<unknown> {
  const worker = new Worker(new URL("./_prying_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions },
  });
  const results = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(attempts.map(([what, target]) => [what, target]));
  });
  worker.terminate();
  return results;
}
