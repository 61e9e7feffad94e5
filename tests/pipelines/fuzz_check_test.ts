/**
 * Seeded mutations of pipelines through the function behind `check`: it never throws, and says of
 * every problem where it is. 300 always, 10,000 with SLUICE_SLOW=1; FUZZ_SEED chooses others.
 */

import assert from "node:assert/strict";
import { checkModel } from "../../pipelines/compile/check_model.ts";
import { createRandom } from "../../pipelines/compile/random.ts";
import { libraryTexts } from "../../pipelines/model/library_texts.ts";
import { checkPipeline } from "../../pipelines/schema/check_pipeline.ts";
import { formatProblem } from "../../pipelines/schema/problem.ts";
import type { Problem } from "../../pipelines/schema/problem.ts";
import { resolvePipeline } from "../../pipelines/schema/resolve.ts";
import { memoryFiles } from "./schema/_memory_files.ts";
import { mutateFlag, mutateText } from "./_mutate_pipeline.ts";

const count = Deno.env.get("SLUICE_SLOW") ? 10_000 : 300;
const seed = Number(Deno.env.get("FUZZ_SEED") ?? 1);
const library = Object.keys(libraryTexts);

/** The text of a file beside this one. */
function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, import.meta.url));
}

const extended = ["parents/mother.yaml", "parents/grandmother.yaml"];
const beside = Object.fromEntries(
  [
    "data/a.txt",
    "data/tokenizer.json",
    "data/questions.jsonl",
    "folder/config.json",
    "tinyshakespeare.txt",
  ]
    .map((path) => [`/project/${path}`, "x\n"]),
);
const parents = Object.fromEntries(
  extended.map((path) => [`/project/${path}`, read(`schema/good/${path}`)]),
);
const examples = [
  ...["every_key", "child", "shortest"].map((name) => read(`schema/good/${name}.yaml`)),
  ...["quickstart", "shakespeare_char"].map((name) => read(`../../pipelines/${name}.yaml`)),
];

/** What is wrong with the place of a problem, if anything. */
function misplaced(problem: Problem, texts: ReadonlyMap<string, string>): boolean {
  const { file, line, column } = problem;
  if (file.startsWith("--set ")) return line !== 0 || column !== 0;
  const lines = texts.get(file)?.split("\n");
  // A file that could not be read is reported at 1:1, or where it is extended.
  if (lines === undefined) return line !== 1 || column !== 1;
  return line < 1 || line > lines.length || column < 1 || column > lines[line - 1].length + 1;
}

Deno.test(`checkPipeline() survives ${count} mutations of pipelines and places every problem`, () => {
  const random = createRandom(seed);
  let [accepted, refused] = [0, 0];
  for (let trial = 0; trial < count; trial++) {
    let text = random.pick(examples);
    for (let times = random.integer(4); times > 0; times--) {
      text = mutateText(random, text, examples);
    }
    const bases = Object.entries(parents).map(([path, base]) =>
      [path, random.integer(8) === 0 ? mutateText(random, base, examples) : base] as const
    );
    const set = Array.from(
      { length: random.integer(4) === 0 ? 2 : 0 },
      () => mutateFlag(random, text),
    );
    const fs = memoryFiles({ ...beside, ...Object.fromEntries(bases), "/project/p.yaml": text });
    const about = `trial ${trial} of seed ${seed}, flags ${JSON.stringify(set)}:\n${text}`;
    try {
      const { pipeline, problems, texts } = checkPipeline("p.yaml", {
        cwd: "/project",
        fs,
        set,
        library,
        checkModel,
      });
      for (const problem of problems) {
        const line = formatProblem(problem);
        assert.ok(!misplaced(problem, texts), `no place in: ${line}`);
        assert.doesNotMatch(problem.message, /^$|\[object|undefined|NaN/, line);
      }
      assert.equal(pipeline === undefined, problems.length > 0);
      if (pipeline === undefined) refused++;
      else accepted++;
      if (pipeline !== undefined) {
        const resolved = pipeline.resolved.toYaml("/project/runs/p");
        const again = resolvePipeline("/project/runs/p/resolved.yaml", {
          cwd: "/",
          readText: () => resolved,
        });
        assert.deepEqual(again.config, pipeline.config);
      }
    } catch (error) {
      throw new Error(about, { cause: error });
    }
  }
  // Both ways must be walked, or the mutations are of no use.
  assert.ok(accepted > count / 20, `only ${accepted} accepted`);
  assert.ok(refused > count / 2, `only ${refused} refused`);
});
