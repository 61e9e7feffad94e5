import assert from "node:assert/strict";
import { join } from "node:path";
import { lockRun } from "../../../pipelines/compile/run_lock.ts";
import { isThere } from "../../../runtime/atomic_file.ts";
import { withFolder } from "./_with_folder.ts";

Deno.test("lockRun() lets one writer in and names it to the others", () =>
  withFolder(async (dir) => {
    const lock = await lockRun(dir);
    assert.equal(await Deno.readTextFile(join(dir, "lock")), `${Deno.pid}\n`);
    await assert.rejects(lockRun(dir), {
      message: `Cannot run in ${dir}: process ${Deno.pid} is running there, ` +
        "wait for its end or stop it",
    });
    await lock.release();
    assert.equal(await isThere(join(dir, "lock")), false);
    await (await lockRun(dir)).release();
  }));

Deno.test("lockRun() takes over the file of a process that is gone", () =>
  withFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "lock"), "999999999 and some more\n");
    const lock = await lockRun(dir);
    assert.equal(await Deno.readTextFile(join(dir, "lock")), `${Deno.pid}\n`);
    await lock.release();
  }));
