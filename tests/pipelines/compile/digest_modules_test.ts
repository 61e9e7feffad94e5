import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  digestModules,
  digestOwnModules,
  importsOf,
} from "../../../pipelines/compile/digest_modules.ts";
import { withFolder } from "./_with_folder.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

Deno.test("importsOf() finds what a module runs with, and not what it only names as a type", () => {
  const text = `/** See
 * import { no } from "./comment.ts" */
import { join } from "node:path";
import {
  a,
  type B,
} from "./a.ts";
import type { C } from "./c.ts";
import { type D, type E } from "./d.ts";
import * as all from "./all.ts";
import text from "./text.yaml" with { type: "text" };
export { f } from "./f.ts";
export type { G } from "./g.ts";
export const later = async () => (await import("./later.ts")).later + "from";
new Worker(new URL("./worker.ts", import.meta.url));
`;
  assert.deepEqual(importsOf(text), [
    "node:path",
    "./a.ts",
    "./all.ts",
    "./text.yaml",
    "./f.ts",
    "./later.ts",
    "./worker.ts",
  ]);
});

Deno.test("digestModules() changes with the modules it reaches and with no other file", () =>
  withFolder(async (dir) => {
    const write = (name: string, text: string) => Deno.writeTextFile(join(dir, name), text);
    await Deno.mkdir(join(dir, "deep"));
    await write("a.ts", 'import { b } from "./deep/b.ts";\n');
    await write("deep/b.ts", 'import { a } from "../a.ts";\nimport d from "./d.yaml" with {};\n');
    await write("deep/d.yaml", "one");
    const digest = async () => (await digestModules(dir, ["a.ts"])).sources;
    const first = await digest();
    await write("deep/.b.ts.swp", "");
    await write("deep/c.ts", "");
    assert.equal(await digest(), first);
    await write("deep/d.yaml", "two");
    assert.notEqual(await digest(), first);
    await write("deep/d.yaml", "one");
    await write("deep/b.ts", "");
    assert.notEqual(await digest(), first);
  }));

Deno.test("digestModules() tells the versions of Deno and of the packages that are used", async () => {
  const documents = await digestModules(ROOT, ["pipelines/data/documents_stage.ts"]);
  assert.equal(documents.versions.deno, Deno.version.deno);
  assert.match(documents.versions.hyparquet, /^npm:hyparquet@\d/);
  const filter = await digestModules(ROOT, ["pipelines/data/filter_stage.ts"]);
  assert.notEqual(filter.sources, documents.sources);
  assert.equal(filter.versions.hyparquet, undefined);
});

Deno.test("digestOwnModules() of a package depends on its version, not on its files", async () => {
  const digest = (version: string, path = "pipelines/train/train_stage.ts") =>
    digestOwnModules([path], new URL(`https://jsr.io/@sluice/sluice/${version}/`));
  const one = await digest("0.1.0");
  assert.deepEqual(one, await digest("0.1.0"));
  assert.notEqual(one.sources, (await digest("0.1.1")).sources);
  assert.notEqual(one.sources, (await digest("0.1.0", "pipelines/eval/eval_stage.ts")).sources);
  assert.equal(one.versions.deno, Deno.version.deno);
  assert.match(one.versions.yaml, /^npm:yaml@/);
});
