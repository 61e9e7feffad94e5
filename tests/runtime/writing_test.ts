import assert from "node:assert/strict";
import { syncFolder, writeAll, WriteError, writing } from "../../runtime/writing.ts";

/** An error as Deno throws it. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

Deno.test("writing() says in words why the system refused, and what", async () => {
  const full = systemError("ENOSPC", "No space left on device (os error 28)");
  await assert.rejects(writing("write a.txt", () => Promise.reject(full)), {
    name: "WriteError",
    message: "Cannot write a.txt: no space left on the device",
    cause: full,
  });
  const other = systemError("ELOOP", "Too many levels of symbolic links (os error 40): open 'x'");
  await assert.rejects(writing("remove b", () => Promise.reject(other)), {
    message: "Cannot remove b: too many levels of symbolic links",
  });
  await assert.rejects(writing("make the folder /nowhere/b", () => Deno.mkdir("/nowhere/b")), {
    message: /^Cannot make the folder \/nowhere\/b: (there is no such folder|permission denied)$/,
  });
});

Deno.test("writing() passes on what is not an error of the system, and what is said already", async () => {
  const mine = new Error("no more");
  await assert.rejects(writing("write a", () => Promise.reject(mine)), mine);
  const inner = new WriteError("Cannot write b: input/output error");
  await assert.rejects(writing("write a", () => Promise.reject(inner)), inner);
});

Deno.test("writeAll() goes on where the system took only a part", async () => {
  const parts: number[][] = [];
  const file = {
    write(bytes: Uint8Array) {
      parts.push([...bytes.subarray(0, 2)]);
      return Promise.resolve(Math.min(2, bytes.length));
    },
  };
  await writeAll("a", file, Uint8Array.of(1, 2, 3, 4, 5));
  assert.deepEqual(parts, [[1, 2], [3, 4], [5]]);
  const stuck = { write: () => Promise.resolve(0) };
  await assert.rejects(writeAll("a", stuck, Uint8Array.of(1)), {
    message: "Cannot write a: the device takes no more bytes",
  });
});

Deno.test("syncFolder() flushes a folder, and says which one is not there", async () => {
  const dir = await Deno.makeTempDir();
  await syncFolder(dir);
  await Deno.remove(dir);
  if (Deno.build.os === "windows") return;
  await assert.rejects(syncFolder(dir), {
    message: `Cannot write ${dir}: there is no such folder`,
  });
});
