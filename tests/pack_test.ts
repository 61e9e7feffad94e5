import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import { importsOf } from "../pipelines/compile/digest_modules.ts";
import { pack } from "./pack.ts";

Deno.test("pack() writes a package that is whole and imports no texts", async () => {
  const dir = await Deno.makeTempDir({ prefix: "sluice-" });
  try {
    const files = new Set(await pack(dir));
    for (const name of ["mod.ts", "deno.json", "LICENSE", "pipelines/cli/main.ts"]) {
      assert.ok(files.has(name), name);
    }
    for (const name of files) {
      assert.doesNotMatch(name, /^(tests|\.ci|shared)\/|report\/page\/|stamp_bundle/);
      const text = await Deno.readTextFile(join(dir, name));
      assert.doesNotMatch(text, /type: "text"/, name);
      if (!name.endsWith(".ts")) continue;
      for (const target of importsOf(text).filter((target) => target.startsWith("."))) {
        const path = normalize(join(dirname(name), target)).replaceAll("\\", "/");
        assert.ok(files.has(path), `${name} imports ${target}`);
      }
    }
    const { default: css } = await import(`file://${join(dir, "pipelines/report/page.css.ts")}`);
    assert.equal(css, await Deno.readTextFile(join(dir, "pipelines/report/page.css")));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("pack() refuses a folder that holds something, and leaves it as it is", async () => {
  const dir = await Deno.makeTempDir({ prefix: "sluice-" });
  try {
    await Deno.writeTextFile(join(dir, "README.md"), "mine");
    await assert.rejects(pack(dir), {
      message: `Cannot pack in ${dir}: it holds README.md, expected a new or empty folder`,
    });
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["README.md"]);
    assert.equal(await Deno.readTextFile(join(dir, "README.md")), "mine");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
