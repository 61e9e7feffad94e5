import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { sluiceCalls } from "../../../../pipelines/cli/starter/sluice_calls.ts";
import { call, ended, spawn, withPipeline } from "./_sluice.ts";

const files = [".gitignore", "README.md", "deno.json", "pipeline.yaml"];

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("new makes a project whose tasks work in it, down to a trained model", () =>
  withPipeline(async (dir) => {
    const made = await call(dir, "new", "a/first trial");
    assert.deepEqual([made.code, made.err], [0, ""]);
    const project = join(dir, "a", "first trial");
    assert.equal(
      made.out,
      `made ${project}: pipeline.yaml, deno.json, README.md, .gitignore\n` +
        "next: cd 'a/first trial' && deno task run pipeline.yaml\n",
    );
    assert.deepEqual(namesIn(project), files);
    assert.deepEqual(namesIn(join(dir, "a")), ["first trial"]);
    const task = (...args: string[]) => ended(spawn(project, ["task", ...args]));
    const checked = await task("check", "pipeline.yaml");
    assert.equal(checked.out, "pipeline.yaml: 6 stages, no problems\n", checked.err);
    const set = [
      "stages.corpus.count=1500",
      "stages.trained.steps=2",
      "stages.trained.schedule.warmup=1",
    ]
      .flatMap((value) => ["--set", value]);
    const { code, out, err } = await task("run", "pipeline.yaml", ...set, "--json");
    assert.equal(code, 0, err);
    const { stages } = JSON.parse(out);
    assert.equal(stages.trained.metrics.steps, 2);
    assert.ok(stages.judged.metrics.trained.loss > 0);
    assert.ok(namesIn(join(project, "runs", "first_trial")).includes("report.html"));
  }));

Deno.test("new fills an empty folder, also the one it is called in", () =>
  withPipeline(async (dir) => {
    const empty = join(dir, "empty");
    await Deno.mkdir(empty);
    const { code, out } = await call(empty, "new", ".");
    assert.equal(code, 0);
    assert.match(out, /\nnext: deno task run pipeline\.yaml\n$/);
    assert.deepEqual(namesIn(empty), files);
  }));

Deno.test("new refuses what is not a new or empty folder, and leaves it as it is", () =>
  withPipeline(async (dir) => {
    const before = namesIn(dir);
    for (
      const [args, message] of [
        [
          ["."],
          `Cannot make a project in ${dir}: it holds data.yaml, text.txt, expected a new or empty folder`,
        ],
        [
          ["text.txt"],
          `Cannot make a project in ${
            join(dir, "text.txt")
          }: it is a file, expected a new or empty folder`,
        ],
        [["text.txt/x"], `Cannot make a project in ${join(dir, "text.txt", "x")}: `],
        [[], "Cannot make a project: no folder was given\nusage: deno task new DIR"],
        [["a", "b"], "Cannot make a project: expected one folder, there are a, b\nusage: "],
        [[""], "Cannot make a project: the folder has no name\nusage: "],
      ] as const
    ) {
      const { code, out, err } = await call(dir, "new", ...args);
      assert.deepEqual([code, out], [1, ""]);
      assert.ok(err.startsWith(`error: ${message}`), err);
      assert.doesNotMatch(err, /^\s+at /m);
      assert.deepEqual(namesIn(dir), before);
    }
  }));

Deno.test("tasks of a project reach a checkout whatever its folder is called", () =>
  withPipeline(async (dir) => {
    const words = [
      "sl'uice",
      "'",
      `a "b" $HOME`,
      "`x` $(x)",
      "a\\b\\",
      "*[g]{h,i}",
      "~",
      "a&b;c|d#",
      "-x",
    ];
    for (const word of words) {
      const checkout = join(dir, word);
      await Deno.mkdir(checkout);
      const there = { tasks: { run: "deno eval 'console.log(Deno.cwd())'" } };
      await Deno.writeTextFile(join(checkout, "deno.json"), JSON.stringify(there));
      const project = join(dir, `project of ${words.indexOf(word)}`);
      await Deno.mkdir(project);
      const { tasks } = sluiceCalls(project, pathToFileURL(`${checkout}/`));
      await Deno.writeTextFile(join(project, "deno.json"), JSON.stringify({ tasks }));
      const { code, out, err } = await ended(spawn(project, ["task", "run"]));
      assert.deepEqual([code, out], [0, `${checkout}\n`], err);
    }
  }));
