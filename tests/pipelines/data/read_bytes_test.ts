import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readBytes } from "../../../pipelines/data/read_bytes.ts";
import { withFolder } from "./_run_stage.ts";

const content = new TextEncoder().encode(
  Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919 % 10007} of some text\n`).join(""),
);

/** What can be read of a file, and how reading it ends. */
async function read(path: string): Promise<{ bytes: Uint8Array; error?: string }> {
  const blocks: Uint8Array[] = [];
  let error: string | undefined;
  try {
    for await (const block of readBytes(path)) blocks.push(block);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const bytes = new Uint8Array(await new Blob(blocks as BlobPart[]).arrayBuffer());
  return error === undefined ? { bytes } : { bytes, error };
}

const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

Deno.test("readBytes() reads plain, gzip and zstd files, of several members too", () =>
  withFolder(async (dir) => {
    const files = {
      "plain.txt": content,
      "one.gz": gzipSync(content),
      "two.gz": join(gzipSync(content.subarray(0, 999)), gzipSync(content.subarray(999))),
      "one.zst": zstdCompressSync(content),
      "two.zst": join(
        zstdCompressSync(content.subarray(0, 999)),
        zstdCompressSync(content.subarray(999)),
      ),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(`${dir}/${name}`, bytes);
      const found = await read(`${dir}/${name}`);
      assert.deepEqual([name, found.error], [name, undefined]);
      assert.ok(Buffer.compare(found.bytes, content) === 0, name);
    }
  }));

Deno.test("readBytes() tells how many bytes it took from the disk", () =>
  withFolder(async (dir) => {
    const packed = gzipSync(content);
    await Deno.writeFile(`${dir}/a.gz`, packed);
    let total = 0;
    for await (const _ of readBytes(`${dir}/a.gz`, (count) => total += count));
    assert.equal(total, packed.length);
  }));

Deno.test("readBytes() gives what comes before the damage, then an error", () =>
  withFolder(async (dir) => {
    const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1);
    const files: Record<string, readonly [Uint8Array, RegExp]> = {
      "cut.gz": [
        cut(gzipSync(content)),
        /cut\.gz: Cannot decompress the gzip data: it ends too early$/,
      ],
      "cut.zst": [
        cut(zstdCompressSync(content)),
        /cut\.zst: Cannot decompress the zstd data: it ends too early$/,
      ],
      "text.gz": [content, /Cannot decompress the gzip data: incorrect header check$/],
      "text.zst": [content, /Cannot decompress the zstd data: invalid zstd data$/],
      "tail.zst": [join(zstdCompressSync(content), content), /zstd data: invalid zstd data$/],
      "empty.gz": [new Uint8Array(), /Cannot decompress the gzip data: it ends too early$/],
      "empty.zst": [new Uint8Array(), /Cannot decompress the zstd data: the file is empty$/],
    };
    for (const [name, [bytes, expected]] of Object.entries(files)) {
      await Deno.writeFile(`${dir}/${name}`, bytes);
      const found = await read(`${dir}/${name}`);
      assert.match(found.error ?? "", expected);
      assert.ok(Buffer.compare(found.bytes, content.subarray(0, found.bytes.length)) === 0, name);
      if (name.startsWith("tail")) assert.equal(found.bytes.length, content.length);
    }
  }));

Deno.test("readBytes() names a file that is not there", async () => {
  const { error } = await read("nowhere/a.txt");
  assert.equal(error, "nowhere/a.txt: Cannot open the file: there is no such file");
});
