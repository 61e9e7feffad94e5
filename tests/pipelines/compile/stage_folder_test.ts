import assert from "node:assert/strict";
import { join } from "node:path";
import {
  openPartial,
  publishStage,
  recoverStage,
  removeStageFolder,
  reopenStage,
  type StageFolder,
  stageFolder,
} from "../../../pipelines/compile/stage_folder.ts";
import { writeRecord } from "../../../pipelines/compile/stage_record.ts";
import { installDisk } from "../../faults/faulty_disk.ts";
import { withFolder } from "./_with_folder.ts";

const made = {
  kind: "fake",
  config: {},
  seed: 1,
  inputs: {},
  files: [],
  sources: "s",
  versions: {},
  key: "k",
  metrics: {},
  seconds: 1,
};

/** A complete partial folder whose file holds `text`. */
async function complete(folder: StageFolder, text: string): Promise<void> {
  await openPartial(folder, "k");
  await Deno.writeTextFile(join(folder.partial, "text.txt"), text);
  await writeRecord(folder.partial, made);
}

/** The text of the stage, and the folders that there are. */
async function state(dir: string): Promise<string[]> {
  const folders = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
  const text = await Deno.readTextFile(join(dir, "a", "text.txt"));
  return [text, ...folders];
}

Deno.test("publishStage() replaces the old result", () =>
  withFolder(async (dir) => {
    const folder = stageFolder(dir, "a");
    for (const text of ["one", "two"]) {
      await complete(folder, text);
      await publishStage(folder);
      assert.deepEqual(await state(dir), [text, "a"]);
    }
  }));

Deno.test("recoverStage() publishes what was complete before a crash", () =>
  withFolder(async (dir) => {
    const folder = stageFolder(dir, "a");
    await complete(folder, "one");
    await recoverStage(folder);
    assert.deepEqual(await state(dir), ["one", "a"]);
    await complete(folder, "two");
    await Deno.rename(folder.dir, folder.old);
    await recoverStage(folder);
    assert.deepEqual(await state(dir), ["two", "a"]);
    await Deno.mkdir(folder.old);
    await recoverStage(folder);
    assert.deepEqual(await state(dir), ["two", "a"]);
  }));

Deno.test("recoverStage() leaves alone what is not complete", () =>
  withFolder(async (dir) => {
    const folder = stageFolder(dir, "a");
    await complete(folder, "one");
    await publishStage(folder);
    await openPartial(folder, "other");
    await Deno.rename(folder.dir, folder.old);
    await recoverStage(folder);
    assert.deepEqual(await state(dir), ["one", "a", "a.partial"]);
  }));

Deno.test("reopenStage() leaves the stage complete or partial, wherever it is cut off", () =>
  withFolder(async (root) => {
    const found = new Set<string>();
    for (let at = 0; at < 6; at++) {
      const dir = join(root, `run${at}`);
      const folder = stageFolder(dir, "a");
      await Deno.mkdir(dir);
      await complete(folder, "one");
      await publishStage(folder);
      {
        using _ = installDisk(dir, "kill", at);
        await reopenStage(folder).catch(() => {});
      }
      await recoverStage(folder);
      const [name, ...others] = [...Deno.readDirSync(dir)].map(({ name }) => name);
      assert.deepEqual(others, []);
      found.add(name);
      const files = [...Deno.readDirSync(join(dir, name))].map(({ name }) => name).sort();
      const record = name === "a" ? ["stage.json"] : [];
      assert.deepEqual(files, ["sluice_key", ...record, "text.txt"]);
    }
    assert.deepEqual([...found], ["a", "a.partial"]);
  }));

Deno.test("reopenStage() takes over no files that the record does not list", () =>
  withFolder(async (dir) => {
    const folder = stageFolder(dir, "a");
    await complete(folder, "one");
    await publishStage(folder);
    await Deno.mkdir(join(folder.dir, "mine"));
    for (const path of ["notes.txt", "mine/notes.txt"]) {
      await Deno.writeTextFile(join(folder.dir, path), "mine");
    }
    await reopenStage(folder);
    const { outputs } = await writeRecord(folder.partial, made, ["sluice_key"]);
    assert.deepEqual(Object.keys(outputs), ["text.txt"]);
  }));

Deno.test("removeStageFolder() keeps the record until the end where there is no key", () =>
  withFolder(async (dir) => {
    const folder = stageFolder(dir, "a");
    await complete(folder, "one");
    await Deno.remove(join(folder.partial, "sluice_key"));
    // All else is gone when the folder itself, the second call, is to be removed.
    using disk = installDisk(dir, "error", 1);
    await assert.rejects(removeStageFolder(folder.partial));
    const left = [...Deno.readDirSync(folder.partial)].map(({ name }) => name);
    assert.deepEqual(left, ["stage.json"]);
    assert.equal(disk.calls.length, 2);
  }));

Deno.test("removeStageFolder() keeps until the end what shows that a run made the folder", () =>
  withFolder(async (root) => {
    let calls = Infinity;
    for (let at = 0; at < calls; at++) {
      const dir = join(root, `run${at}`);
      const folder = stageFolder(dir, "a");
      await Deno.mkdir(dir);
      await complete(folder, "one");
      for (const name of ["another.txt", "z.txt"]) {
        await Deno.writeTextFile(join(folder.partial, name), "two");
      }
      using disk = installDisk(dir, "kill", at);
      await removeStageFolder(folder.partial).catch(() => {});
      if (disk.calls.length <= at) {
        calls = at;
        assert.deepEqual([...Deno.readDirSync(dir)], []);
        break;
      }
      const left = [...Deno.readDirSync(folder.partial)].map(({ name }) => name);
      assert.ok(left.length === 0 || left.includes("sluice_key"), `${at}: ${left}`);
    }
    assert.equal(calls, 5);
  }));
