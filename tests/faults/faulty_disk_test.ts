import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow } from "../../pipelines/compile/digest.ts";
import { withFolder } from "../pipelines/compile/_with_folder.ts";
import { installDisk } from "./faulty_disk.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What the sources use of node:fs: it changes nothing, if files are opened for reading. */
const READING = ["closeSync", "fstatSync", "globSync", "openSync", "readSync", "statSync"];

Deno.test("the sources write by the functions of Deno alone, which a faulty disk counts", async () => {
  const used = new Set<string>();
  for (const folder of ["graph", "kernels", "runtime", "pipelines"]) {
    for (const path of await filesBelow(join(ROOT, folder))) {
      if (!path.endsWith(".ts")) continue;
      const text = await Deno.readTextFile(join(ROOT, folder, path));
      const imports = text.matchAll(/import ([^;]*) from "(?:node:)?(fs[/\w]*)"/g);
      for (const [, names, module] of imports) {
        assert.equal(module, "fs", path);
        for (const name of names.replace(/[{}]/g, "").split(",")) {
          if (name.trim() !== "") used.add(name.trim());
        }
      }
      assert.doesNotMatch(text, /import\("(node:)?fs/, path);
      for (const [, flags] of text.matchAll(/\bopenSync\(\w+, ?(.*?)\)/g)) {
        assert.equal(flags, '"r"', path);
      }
    }
  }
  assert.deepEqual([...used].sort(), READING);
});

Deno.test("installDisk() lets nothing change the disk that it does not count", () =>
  withFolder(async (dir) => {
    const path = join(dir, "a");
    await Deno.writeTextFile(path, "a");
    const message = /^Error: Cannot count .*: it goes around the disk$/;
    {
      using _ = installDisk(dir, "error", Infinity);
      assert.throws(() => Deno.writeTextFileSync(path, "b"), message);
      assert.throws(() => Deno.writeFile(path, new Uint8Array(1)), message);
      assert.throws(() => Deno.renameSync(path, path), message);
      assert.throws(() => Deno.openSync(path, { write: true }), message);
      Deno.openSync(path).close();
      using file = await Deno.open(path, { write: true });
      assert.throws(() => file.writeSync(new Uint8Array(1)), message);
      assert.throws(() => file.writable, message);
    }
    assert.equal(await Deno.readTextFile(path), "a");
    Deno.writeTextFileSync(path, "b");
  }));
