import assert from "node:assert/strict";
import { openTokens } from "../../../pipelines/data/open_tokens.ts";
import { createTokenWriter } from "../../../pipelines/data/token_writer.ts";
import { withFolder } from "./_run_stage.ts";

async function write(dir: string, vocab: number, train: readonly (readonly [string, number[]])[]) {
  const writer = await createTokenWriter(dir, "train", vocab);
  for (const [id, tokens] of train) await writer.write(id, tokens, tokens.length * 3);
  const stats = {
    vocab,
    eos: 0,
    seq: 4,
    boundaries: "eos",
    bytes_per_token: 3,
    train: await writer.close(),
    held_out: await (await createTokenWriter(dir, "held_out", vocab)).close(),
  };
  await Deno.writeTextFile(`${dir}/stats.json`, JSON.stringify(stats));
}

Deno.test("openTokens() reads tokens at any place and names their documents", () =>
  withFolder(async (dir) => {
    for (const vocab of [65536, 65537]) {
      const top = vocab - 1;
      await write(dir, vocab, [["a", [1, 2, 3]], ["leer", []], ["ü🙂", [4]], ["c", [top, 6, 0]]]);
      const tokens = await openTokens(dir);
      assert.deepEqual(tokens.stats.train, { documents: 3, tokens: 7, bytes: 21 });
      assert.deepEqual(tokens.stats.held_out, { documents: 0, tokens: 0, bytes: 0 });
      const all = new Int32Array(7);
      tokens.read("train", 0, all);
      assert.deepEqual([...all], [1, 2, 3, 4, top, 6, 0]);
      const some = new Int32Array(2);
      tokens.read("train", 3, some);
      assert.deepEqual([...some], [4, top]);
      const names = Array.from(all, (_, i) => tokens.documentAt("train", i));
      assert.deepEqual(names, ["a", "a", "a", "ü🙂", "c", "c", "c"]);
      tokens.read("held_out", 0, new Int32Array(0));
      tokens.close();
    }
  }));

Deno.test("openTokens() refuses places that are not there, and files that were cut", () =>
  withFolder(async (dir) => {
    await write(dir, 300, [["a", [1, 2, 3]]]);
    const tokens = await openTokens(dir);
    assert.throws(() => tokens.read("train", 2, new Int32Array(2)), {
      message: "Cannot read tokens 2 to 4 of train: there are 3",
    });
    assert.throws(() => tokens.documentAt("train", 3), {
      message: "Cannot name the document of token 3: there are 3",
    });
    assert.throws(() => tokens.documentAt("held_out", 0), {
      message: "Cannot name the document of token 0: there are 0",
    });
    tokens.close();
    await Deno.truncate(`${dir}/tokens-train.bin`, 4);
    await assert.rejects(openTokens(dir), {
      message:
        `${dir}/tokens-train.bin: Cannot read the tokens: the file has 4 bytes, should have 6`,
    });
  }));

Deno.test("createTokenWriter() writes more than fits into its buffer", () =>
  withFolder(async (dir) => {
    const long = Array.from({ length: 300_000 }, (_, i) => i % 251);
    await write(dir, 300, [["a", long], ["b", long]]);
    const tokens = await openTokens(dir);
    const read = new Int32Array(600_000);
    tokens.read("train", 0, read);
    tokens.close();
    assert.ok(read.every((id, i) => id === long[i % 300_000]));
  }));
