import assert from "node:assert/strict";
import { join } from "node:path";
import { starterFiles } from "../../../../pipelines/cli/starter/starter_files.ts";
import { openPipeline } from "../../../../pipelines/compile/open_pipeline.ts";
import { withFolder } from "../../compile/_with_folder.ts";

const calls = { tasks: { run: "deno task --cwd .. run" }, schema: "../schema.json" };

Deno.test("starterFiles() has a pipeline without problems, named after the folder", () =>
  withFolder(async (dir) => {
    const files = starterFiles("/tmp/First Trial", calls);
    await Deno.writeTextFile(join(dir, "pipeline.yaml"), files["pipeline.yaml"]);
    const { problems, pipeline } = await openPipeline("pipeline.yaml", { cwd: dir });
    assert.deepEqual(problems, []);
    assert.equal(pipeline?.config.name, "first_trial");
    assert.deepEqual(pipeline?.stages.map(({ id }) => id), [
      "corpus",
      "clean",
      "tokens",
      "trained",
      "judged",
      "report",
    ]);
    assert.match(files["pipeline.yaml"], /^# yaml-language-server: \$schema=\.\.\/schema\.json\n/);
    assert.match(files["README.md"], /^# first_trial\n[^]*`runs\/first_trial`/);
  }));

Deno.test("starterFiles() has a deno.json with the tasks", () => {
  const { "deno.json": config } = starterFiles("/tmp/a", calls);
  assert.deepEqual(JSON.parse(config), { tasks: calls.tasks });
});
