import assert from "node:assert/strict";
import { disk } from "../../../pipelines/schema/file_system.ts";
import { checkPipeline } from "../../../pipelines/schema/check_pipeline.ts";

async function withFolder(test: (dir: string) => void): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  try {
    test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("disk.glob() takes folders with brackets as they stand, and brackets of no folder as a glob", () =>
  withFolder((dir) => {
    const files = ["a[1]/b*/x.txt", "a[1]/b*/y.txt", "a1/b/x.txt", "a2/b/x.txt"];
    for (const file of files) {
      Deno.mkdirSync(`${dir}/${file}`.replace(/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(`${dir}/${file}`, "");
    }
    const glob = (pattern: string) =>
      disk.glob(`${dir}/${pattern}`).map((path) => path.slice(dir.length + 1));
    assert.deepEqual(glob("a[1]/b*/*.txt"), ["a[1]/b*/x.txt", "a[1]/b*/y.txt"]);
    assert.deepEqual(glob("a[12]/b/*.txt"), ["a1/b/x.txt", "a2/b/x.txt"]);
    assert.deepEqual(glob("*/b/x.txt"), ["a1/b/x.txt", "a2/b/x.txt"]);
    assert.deepEqual(glob("nowhere/*.txt"), []);
    assert.deepEqual(glob("a1/*"), [], "a folder is no file");
  }));

Deno.test("disk.kind() tells files from folders and devices", () =>
  withFolder((dir) => {
    Deno.writeTextFileSync(`${dir}/x`, "");
    assert.deepEqual([`${dir}/x`, dir, "/dev/null", `${dir}/y`].map(disk.kind), [
      "file",
      "folder",
      "other",
      undefined,
    ]);
  }));

Deno.test("checkPipeline() names the folder that it is given for a file", () =>
  withFolder((dir) => {
    const [{ file, message }] = checkPipeline(".", { cwd: dir }).problems;
    assert.deepEqual([file, message], [".", "cannot read .: it is a folder"]);
  }));

Deno.test("checkPipeline() refuses devices as inputs, for reading one may never end", () =>
  withFolder((dir) => {
    Deno.writeTextFileSync(
      `${dir}/p.yaml`,
      "{version: 1, name: p, stages: {a: {kind: documents, read: /dev/null}}}",
    );
    assert.deepEqual(
      checkPipeline("p.yaml", { cwd: dir }).problems.map((
        { message, expected },
      ) => [message, expected]),
      [["/dev/null is a pipe or a device", "a file"]],
    );
  }));
