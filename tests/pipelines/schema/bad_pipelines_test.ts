/**
 * Bad pipelines and what is said about them: `tests/pipelines/bad/NAME.yaml` and `NAME.txt`. Lines
 * `# --set PATH=VALUE` at the top are flags. `GOLDEN=write` writes the texts anew.
 */

import assert from "node:assert/strict";
import { checkModel } from "../../../pipelines/compile/check_model.ts";
import { libraryTexts } from "../../../pipelines/model/library_texts.ts";
import { checkPipeline } from "../../../pipelines/schema/check_pipeline.ts";
import { formatProblems } from "../../../pipelines/schema/problem.ts";
import type { Problem } from "../../../pipelines/schema/problem.ts";

const folder = new URL("../bad", import.meta.url).pathname;
const library = Object.keys(libraryTexts);
const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".yaml")).map((name) => name.slice(0, -5)).sort();

/** True for a problem that says where it is. */
function isLocated({ file, line, column }: Problem): boolean {
  return file.startsWith("--set ") ? line === 0 : line >= 1 && column >= 1;
}

for (const name of names) {
  Deno.test(`checkPipeline() refuses ${name}.yaml`, () => {
    const file = `${name}.yaml`;
    const text = Deno.readTextFileSync(`${folder}/${file}`);
    const set = [...text.matchAll(/^# --set (.*)$/gm)].map(([, flag]) => flag);
    const { pipeline, problems } = checkPipeline(file, { cwd: folder, set, library, checkModel });
    assert.equal(pipeline, undefined);
    assert.ok(problems.length > 0, "no problem was found");
    assert.ok(problems.every(isLocated), "a problem has no place");
    const found = `${formatProblems(problems)}\n`;
    const golden = `${folder}/${name}.txt`;
    if (Deno.env.get("GOLDEN") === "write") Deno.writeTextFileSync(golden, found);
    assert.equal(found, Deno.readTextFileSync(golden));
    assert.doesNotMatch(found, /\n {4}at |undefined|\[object|NaN/);
  });
}

Deno.test("there are at least 40 bad pipelines, each with its text and no text without one", () => {
  const texts = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".txt")).map((name) => name.slice(0, -4)).sort();
  assert.ok(names.length >= 40);
  assert.deepEqual(texts, names);
});
