import assert from "node:assert/strict";
import { recoverFolder, writeFileAtomic, writeFolderAtomic } from "../../runtime/atomic_file.ts";

/** Runs `body` in a new temporary folder and removes it afterwards. */
async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Names in a folder, sorted. */
function list(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map((entry) => entry.name).sort();
}

Deno.test("writeFileAtomic() replaces a file and leaves no other name behind", () =>
  inFolder(async (dir) => {
    await writeFileAtomic(`${dir}/a.txt`, "first, and longer");
    await writeFileAtomic(`${dir}/a.txt`, [new Uint8Array([104, 105]), new Uint8Array([33])]);
    assert.equal(await Deno.readTextFile(`${dir}/a.txt`), "hi!");
    assert.deepEqual(list(dir), ["a.txt"]);
  }));

Deno.test("writeFileAtomic() keeps the old file when the content cannot be made", () =>
  inFolder(async (dir) => {
    await writeFileAtomic(`${dir}/a.txt`, "old");
    const broken = function* (): Generator<Uint8Array> {
      yield new Uint8Array([1]);
      throw new Error("no more");
    };
    await assert.rejects(writeFileAtomic(`${dir}/a.txt`, broken()), /no more/);
    assert.equal(await Deno.readTextFile(`${dir}/a.txt`), "old");
  }));

Deno.test("writeFolderAtomic() replaces a whole folder", () =>
  inFolder(async (dir) => {
    const path = `${dir}/checkpoint`;
    await writeFolderAtomic(path, (folder) => Deno.writeTextFile(`${folder}/old`, "1"));
    await writeFolderAtomic(path, (folder) => Deno.writeTextFile(`${folder}/new`, "2"));
    assert.deepEqual(list(dir), ["checkpoint"]);
    assert.deepEqual(list(path), ["new"]);
  }));

Deno.test("writeFolderAtomic() keeps the old folder when filling the new one fails", () =>
  inFolder(async (dir) => {
    const path = `${dir}/checkpoint`;
    await writeFolderAtomic(path, (folder) => Deno.writeTextFile(`${folder}/old`, "1"));
    const fail = async (folder: string) => {
      await Deno.writeTextFile(`${folder}/half`, "2");
      throw new Error("disk full");
    };
    await assert.rejects(writeFolderAtomic(path, fail), /disk full/);
    assert.deepEqual(list(dir), ["checkpoint"]);
    assert.equal(await recoverFolder(path), true);
    assert.deepEqual(list(dir), ["checkpoint"]);
    assert.deepEqual(list(path), ["old"]);
  }));

Deno.test("recoverFolder() finishes a replacement that was cut off at any point", () =>
  inFolder(async (dir) => {
    const path = `${dir}/checkpoint`;
    const states: [string[], string | undefined][] = [
      [[], undefined],
      [[".tmp"], undefined],
      [[".new"], ".new"],
      [["", ".tmp"], ""],
      [["", ".new"], ".new"],
      [[".old", ".new"], ".new"],
      [["", ".old"], ""],
    ];
    for (const [found, expected] of states) {
      for (const suffix of found) {
        await Deno.mkdir(path + suffix);
        await Deno.writeTextFile(`${path + suffix}/origin`, suffix);
      }
      assert.equal(await recoverFolder(path), expected !== undefined);
      assert.deepEqual(list(dir), expected === undefined ? [] : ["checkpoint"]);
      if (expected === undefined) continue;
      assert.equal(await Deno.readTextFile(`${path}/origin`), expected);
      await Deno.remove(path, { recursive: true });
    }
  }));

Deno.test("writeFolderAtomic() keeps the replaced folder under another name if told so", () =>
  inFolder(async (dir) => {
    const path = `${dir}/checkpoint`;
    const retire = async (old: string) => `${path}-${await Deno.readTextFile(`${old}/step`)}`;
    for (const step of ["1", "2", "3"]) {
      await writeFolderAtomic(path, (folder) => Deno.writeTextFile(`${folder}/step`, step), retire);
    }
    assert.deepEqual(list(dir), ["checkpoint", "checkpoint-1", "checkpoint-2"]);
    assert.equal(await Deno.readTextFile(`${path}/step`), "3");
    assert.equal(await Deno.readTextFile(`${path}-2/step`), "2");
  }));
