import assert from "node:assert/strict";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
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

const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

Deno.test("readBytes() takes no zstd data with a flipped bit for good data", () =>
  withFolder(async (dir) => {
    const small = content.subarray(0, 40_000);
    const packed = zstdCompressSync(small, checked);
    const wrong: string[] = [];
    const reasons = new Set<string>();
    const step = Math.ceil(packed.length / 400);
    for (let at = 0; at < packed.length; at += step) {
      const damaged = Uint8Array.from(packed);
      damaged[at] ^= 1 << (at / step) % 8;
      await Deno.writeFile(`${dir}/a.zst`, damaged);
      const { bytes, error } = await read(`${dir}/a.zst`);
      if (error === undefined && Buffer.compare(bytes, small) !== 0) wrong.push(`byte ${at}`);
      if (error !== undefined) reasons.add(error.slice(error.lastIndexOf(": ") + 2));
    }
    assert.deepEqual(wrong, []);
    assert.ok(reasons.has("its checksum is wrong"), [...reasons].join());
  }));

Deno.test("readBytes() verifies each frame, and passes over those that are to be skipped", () =>
  withFolder(async (dir) => {
    const skipped = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5);
    const parts = [[0, 3], [3, 3], [3, 7000], [7000, content.length]].map(([from, to]) =>
      zstdCompressSync(content.subarray(from, to), checked)
    );
    const whole = join(skipped, parts[0], parts[1], skipped, parts[2], parts[3], skipped);
    await Deno.writeFile(`${dir}/a.zst`, whole);
    const found = await read(`${dir}/a.zst`);
    assert.equal(found.error, undefined);
    assert.ok(Buffer.compare(found.bytes, content) === 0);
    const broken = Uint8Array.from(parts[2]);
    broken[broken.length - 1] ^= 1;
    await Deno.writeFile(`${dir}/b.zst`, join(parts[0], broken, parts[3]));
    const { bytes, error } = await read(`${dir}/b.zst`);
    assert.match(error ?? "", /b\.zst: Cannot decompress the zstd data: its checksum is wrong$/);
    assert.equal(bytes.length, 7000);
  }));

Deno.test("readBytes() names a file that is not there", async () => {
  const { error } = await read("nowhere/a.txt");
  assert.equal(error, "nowhere/a.txt: Cannot read the file: there is no such file");
});
