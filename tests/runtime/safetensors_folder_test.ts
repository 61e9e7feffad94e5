import assert from "node:assert/strict";
import { writeSafetensors } from "../../runtime/safetensors.ts";
import { openSafetensorsFolder, shardsOf } from "../../runtime/safetensors_folder.ts";

const tensor = (...values: number[]) => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

/** Runs `body` with a folder of two shards: a and b, and c. */
async function withShards(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await writeSafetensors(
      `${dir}/1.safetensors`,
      new Map([["a", tensor(1)], ["b", tensor(2, 3)]]),
    );
    await writeSafetensors(`${dir}/2.safetensors`, new Map([["c", tensor(4)]]));
    await writeIndex(dir, { c: "2.safetensors", a: "1.safetensors", b: "1.safetensors" });
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function writeIndex(dir: string, weight_map: unknown): Promise<void> {
  const text = JSON.stringify({ metadata: { total_size: 16 }, weight_map });
  await Deno.writeTextFile(`${dir}/model.safetensors.index.json`, text);
}

Deno.test("openSafetensorsFolder() reads shards, and a single file before them", () =>
  withShards(async (dir) => {
    const index = await Deno.readTextFile(`${dir}/model.safetensors.index.json`);
    assert.deepEqual(shardsOf("index", index), ["1.safetensors", "2.safetensors"]);
    const shards = await openSafetensorsFolder(dir);
    assert.deepEqual([...shards.entries.keys()], ["c", "a", "b"]);
    assert.deepEqual(await shards.read("c"), tensor(4));
    assert.deepEqual(await shards.read("b"), tensor(2, 3));
    shards.close();
    await writeSafetensors(`${dir}/model.safetensors`, new Map([["d", tensor(5)]]));
    const single = await openSafetensorsFolder(dir);
    assert.deepEqual([...single.entries.keys()], ["d"]);
    assert.deepEqual(await single.read("d"), tensor(5));
    single.close();
  }));

Deno.test("openSafetensorsFolder() says what is wrong with a folder", () =>
  withShards(async (dir) => {
    const index = `${dir}/model.safetensors.index.json`;
    const refused = async (message: string) =>
      await assert.rejects(openSafetensorsFolder(dir), { message: `Cannot read ${message}` });
    const a = { a: "1.safetensors" };
    await writeIndex(dir, { ...a, b: "1.safetensors" });
    await Deno.writeTextFile(index, "{");
    await refused(`${index}: it is not JSON`);
    await Deno.writeTextFile(index, "[]");
    await refused(`${index}: it has no weight_map of tensors to files`);
    for (const path of ["../1.safetensors", "/etc/passwd", "deep/1.safetensors", "1.bin", 7]) {
      await writeIndex(dir, { a: path });
      await refused(
        `${index}: tensor a is in ${
          JSON.stringify(path)
        }, expected a .safetensors file of the folder`,
      );
    }
    await writeIndex(dir, { ...a, c: "3.safetensors" });
    await refused(`${dir}/3.safetensors: there is no such file`);
    await writeIndex(dir, { ...a, b: "1.safetensors", d: "2.safetensors" });
    await refused(
      `${dir}/2.safetensors: it has no d, which model.safetensors.index.json lists`,
    );
    await writeIndex(dir, a);
    await refused(
      `${dir}/1.safetensors: it has b, which model.safetensors.index.json does not list there`,
    );
    await Deno.truncate(`${dir}/1.safetensors`, 100);
    await refused(`${dir}/1.safetensors: its header should have 112 bytes, the file has 100`);
    await Deno.remove(index);
    await refused(`${dir}: it has neither model.safetensors nor model.safetensors.index.json`);
  }));
