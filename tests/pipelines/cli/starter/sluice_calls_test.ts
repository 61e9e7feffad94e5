import assert from "node:assert/strict";
import config from "../../../../deno.json" with { type: "json" };
import { pipelineName, sluiceCalls } from "../../../../pipelines/cli/starter/sluice_calls.ts";

/** The command of `run` and the schema, for a project in a folder and Sluice at an address. */
function run(folder: string, root: string): readonly [string, string] {
  const { tasks, schema } = sluiceCalls(folder, new URL(root));
  return [tasks.run, schema];
}

Deno.test("sluiceCalls() names a checkout by a relative path where both can move together", () => {
  const root = "file:///home/ada/code/sluice/";
  assert.deepEqual(run("/home/ada/code/mine", root), [
    "deno task --cwd ../sluice run",
    "../sluice/pipelines/schema.json",
  ]);
  assert.deepEqual(run("/home/ada/code/sluice/trials/one", root), [
    "deno task --cwd ../.. run",
    "../../pipelines/schema.json",
  ]);
  assert.deepEqual(run("/tmp/mine", root), [
    "deno task --cwd /home/ada/code/sluice run",
    "/home/ada/code/sluice/pipelines/schema.json",
  ]);
  assert.equal(
    run("/x/mine", "file:///my%20code/sluice/")[0],
    "deno task --cwd '/my code/sluice' run",
  );
});

Deno.test("sluiceCalls() calls a package with the rights that the tasks of a checkout have", () => {
  const { name, version } = config;
  const calls = sluiceCalls("/tmp/mine", new URL(`https://jsr.io/${name}/${version}/`));
  assert.equal(
    calls.tasks.check,
    `deno run --unstable-worker-options --no-prompt -R -E jsr:@sluice/sluice@${version}/cli check`,
  );
  const [, flags] = /^deno run (.*) \S+main\.ts run$/.exec(config.tasks.run)!;
  assert.equal(
    calls.tasks.run,
    `deno run --unstable-worker-options ${flags} jsr:@sluice/sluice@${version}/cli run`,
  );
  assert.deepEqual(Object.keys(calls.tasks), ["run", "check", "plan", "graph", "doctor"]);
  assert.equal(calls.schema, `https://jsr.io/${name}/${version}/pipelines/schema.json`);
  assert.match(
    run("/tmp/mine", "http://127.0.0.1:80/")[0],
    / http:\/\/127\.0\.0\.1\/pipelines\/cli\/main\.ts run$/,
  );
});

Deno.test("pipelineName() makes a name that pipelines may have", () => {
  for (
    const [folder, name] of [
      ["/tmp/moe_vs-dense2", "moe_vs-dense2"],
      ["/tmp/My Trial (2)", "my_trial_2_"],
      ["/tmp/...", "starter"],
      ["/", "starter"],
      [`/${"a".repeat(80)}`, "a".repeat(64)],
    ]
  ) assert.equal(pipelineName(folder), name);
});
