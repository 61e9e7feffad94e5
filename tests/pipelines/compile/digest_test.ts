import assert from "node:assert/strict";
import { join } from "node:path";
import {
  canonicalJson,
  digestFile,
  digestFolders,
  digestValue,
  sha256,
} from "../../../pipelines/compile/digest.ts";
import { withFolder } from "./_with_folder.ts";

Deno.test("canonicalJson() sorts keys at every depth and leaves out what is undefined", () => {
  assert.equal(
    canonicalJson({ b: [{ d: 1, c: "x" }, null], a: undefined, "B": true }),
    '{"B":true,"b":[{"c":"x","d":1},null]}',
  );
});

Deno.test("canonicalJson() refuses what JSON would turn into something else", () => {
  for (const value of [NaN, Infinity, 1n, () => 1]) {
    assert.throws(() => canonicalJson({ value }), /^TypeError: Cannot write /);
  }
});

Deno.test("sha256() and digestValue() give the published digests", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  assert.equal(sha256(""), empty);
  assert.equal(sha256(new Uint8Array(0)), empty);
  assert.equal(digestValue({ b: 1, a: 2 }), sha256('{"a":2,"b":1}'));
});

Deno.test("digestFile() reads files longer than a block", () =>
  withFolder(async (dir) => {
    const bytes = new Uint8Array((1 << 20) * 2 + 17).map((_, index) => index * 31);
    await Deno.writeFile(join(dir, "a"), bytes);
    assert.deepEqual(await digestFile(join(dir, "a")), {
      sha256: sha256(bytes),
      bytes: bytes.length,
    });
  }));

Deno.test("digestFile() names the file that it cannot read", () =>
  withFolder(async (dir) => {
    await assert.rejects(digestFile(dir), { message: `Cannot read ${dir}: is a directory` });
    await assert.rejects(digestFile(`${dir}/none`), Deno.errors.NotFound);
  }));

Deno.test("digestFolders() changes with a name, a content and a border between files", () =>
  withFolder(async (dir) => {
    const digest = async (files: Record<string, string>) => {
      await Deno.remove(dir, { recursive: true });
      await Deno.mkdir(join(dir, "x", "deep"), { recursive: true });
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(join(dir, "x", name), text);
      }
      return await digestFolders(dir, ["x"]);
    };
    const first = await digest({ "a.ts": "one", "deep/b.ts": "two" });
    assert.equal(await digest({ "deep/b.ts": "two", "a.ts": "one" }), first);
    assert.equal(await digest({ "deep/b.ts": "two", "a.ts": "one", "deep/.b.ts.swp": "" }), first);
    const others = [
      await digest({ "a.ts": "one", "deep/c.ts": "two" }),
      await digest({ "a.ts": "one", "deep/b.ts": "too" }),
      await digest({ "a.ts": "onetwo", "deep/b.ts": "" }),
    ];
    assert.equal(new Set([first, ...others]).size, 4);
  }));
