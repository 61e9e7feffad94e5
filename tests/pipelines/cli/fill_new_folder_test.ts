import assert from "node:assert/strict";
import { join } from "node:path";
import { fillNewFolder } from "../../../pipelines/cli/fill_new_folder.ts";
import { filesBelow } from "../../../pipelines/compile/digest.ts";
import { installDisk } from "../../faults/faulty_disk.ts";
import { withFolder } from "../compile/_with_folder.ts";

const files = { "a.txt": "a", "b/c.txt": "c", "b/d/e.txt": "e" };

Deno.test("fillNewFolder() fills a folder that is new or empty, also with folders", () =>
  withFolder(async (dir) => {
    await Deno.mkdir(join(dir, "empty"));
    for (const name of ["empty", "new", "deep/new"]) {
      await fillNewFolder("make", join(dir, name), files);
      assert.deepEqual((await filesBelow(join(dir, name))).sort(), Object.keys(files));
      assert.equal(await Deno.readTextFile(join(dir, name, "b/d/e.txt")), "e");
    }
    assert.deepEqual([...Deno.readDirSync(dir)].length, 3);
  }));

Deno.test("fillNewFolder() leaves an empty folder empty at whichever call it fails", () =>
  withFolder(async (dir) => {
    const [whole, folder] = [join(dir, "whole"), join(dir, "empty")];
    for (const name of [whole, folder]) await Deno.mkdir(name);
    using sound = installDisk(whole, "error", Infinity);
    await fillNewFolder("make", whole, files);
    for (const at of sound.calls.keys()) {
      using _disk = installDisk(folder, "error", at);
      await assert.rejects(fillNewFolder("make", folder, files), {
        message: `Cannot make in ${folder}: input/output error`,
      });
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }
  }));

Deno.test("fillNewFolder() gives the reason of the system, and not where it wrote first", () =>
  withFolder(async (dir) => {
    const long = join(dir, "x".repeat(300));
    await assert.rejects(fillNewFolder("make", long, files), {
      message: `Cannot make in ${long}: file name too long`,
    });
    const folder = join(dir, "new");
    for (const at of [0, 3, 6]) {
      using disk = installDisk(dir, "error", at);
      await assert.rejects(fillNewFolder("make", folder, files), {
        message: `Cannot make in ${folder}: input/output error`,
      });
      assert.ok(disk.calls.length > at);
      assert.deepEqual([...Deno.readDirSync(dir)], []);
    }
  }));
