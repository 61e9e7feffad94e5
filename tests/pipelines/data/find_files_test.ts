import assert from "node:assert/strict";
import { findFiles } from "../../../pipelines/data/find_files.ts";
import { withFolder } from "./_run_stage.ts";

const withFiles = (test: (dir: string) => Promise<void>) =>
  withFolder(async (dir) => {
    await Deno.mkdir(`${dir}/b`);
    for (const name of ["a2.txt", "a10.txt", "b/a1.txt", "odd[1].txt"]) {
      await Deno.writeTextFile(`${dir}/${name}`, "text");
    }
    await test(dir);
  });

Deno.test("findFiles() lists files in the order asked for, globs sorted, each once", () =>
  withFiles(async (dir) => {
    const files = await findFiles(["b/*.txt", "a*.txt", "a2.txt"], dir);
    assert.deepEqual(files.map(({ name, size }) => [name, size]), [
      ["b/a1.txt", 4],
      ["a10.txt", 4],
      ["a2.txt", 4],
    ]);
    assert.equal(files[0].path, `${dir}/b/a1.txt`);
  }));

Deno.test("findFiles() names files below their common folder", () =>
  withFiles(async (dir) => {
    assert.deepEqual((await findFiles(["b/a1.txt"], dir)).map(({ name }) => name), ["a1.txt"]);
  }));

Deno.test("findFiles() takes a path that looks like a glob as it stands, if there is such a file", () =>
  withFiles(async (dir) => {
    assert.deepEqual((await findFiles(["odd[1].txt"], dir)).map(({ name }) => name), [
      "odd[1].txt",
    ]);
  }));

Deno.test("findFiles() says what is wrong with an entry that gives no file", () =>
  withFiles(async (dir) => {
    const message = "Cannot read the documents";
    await assert.rejects(findFiles(["c.txt"], dir), {
      message: `c.txt: ${message}: there is no such file`,
    });
    await assert.rejects(findFiles(["c*.txt"], dir), {
      message: `c*.txt: ${message}: no file matches`,
    });
    await assert.rejects(findFiles(["b"], dir), {
      message: `b: ${message}: it is a folder, should be a file or a glob`,
    });
  }));
