import assert from "node:assert/strict";
import type { StageOutput } from "../../../pipelines/compile/stage_kind.ts";
import { createDocumentWriter } from "../../../pipelines/data/document_files.ts";
import { documentsStage } from "../../../pipelines/data/documents_stage.ts";
import { openTokens } from "../../../pipelines/data/open_tokens.ts";
import { tokenizeStage } from "../../../pipelines/data/tokenize_stage.ts";
import { loadTokenizer } from "../../../pipelines/data/tokenizer/load_tokenizer.ts";
import type { TokenizeConfig } from "../../../pipelines/schema/definitions.ts";
import { runStage, testData, withFolder } from "./_run_stage.ts";

/** A stage of documents with these texts, ids "0", "1", ... */
async function documents(root: string, texts: readonly string[]): Promise<StageOutput> {
  const dir = `${root}/from`;
  await Deno.mkdir(dir);
  const writer = await createDocumentWriter(dir);
  for (const [i, text] of texts.entries()) {
    await writer.write({ id: String(i), text, metadata: {} });
  }
  await writer.close();
  return { id: "from", kind: "documents", dir, config: {}, metrics: {} };
}

const config: TokenizeConfig = {
  kind: "tokenize",
  from: "from",
  tokenizer: { train: "char" },
  seq: 4,
  held_out: { by: "tail", share: 0.25 },
  boundaries: "none",
};

const run = (root: string, input: StageOutput, changes: Partial<TokenizeConfig> = {}) =>
  runStage(tokenizeStage, {
    root,
    id: "tokens",
    config: { ...config, ...changes } as TokenizeConfig,
    inputs: [input],
  });

/** All tokens of a split as text. */
async function textOf(dir: string, split: "train" | "held_out"): Promise<string> {
  const [tokens, tokenizer] = [await openTokens(dir), await loadTokenizer(dir)];
  const ids = new Int32Array(tokens.stats[split].tokens);
  tokens.read(split, 0, ids);
  tokens.close();
  return tokenizer.decode([...ids]);
}

Deno.test("tokenizeStage splits off the tail and names the documents of tokens", () =>
  withFolder(async (root) => {
    const input = await documents(root, ["abcdef", "ghijäöü🙂", "xy"]);
    const { dir, metrics } = await run(root, input);
    assert.deepEqual(metrics, {
      documents: 4,
      tokens: 16,
      train_tokens: 12,
      held_out_tokens: 4,
      vocab: 16,
      bytes_per_token: 22 / 16,
    });
    assert.equal(await textOf(dir, "train"), "abcdefghijäö");
    assert.equal(await textOf(dir, "held_out"), "ü🙂xy");
    const tokens = await openTokens(dir);
    assert.deepEqual(tokens.stats.train, { documents: 2, tokens: 12, bytes: 14 });
    assert.deepEqual(tokens.stats.held_out, { documents: 2, tokens: 4, bytes: 8 });
    assert.equal(tokens.documentAt("train", 11), "1");
    assert.equal(tokens.documentAt("held_out", 1), "1");
    assert.equal(tokens.documentAt("held_out", 2), "2");
    tokens.close();
  }));

Deno.test("tokenizeStage ends documents with a token if it is told so", () =>
  withFolder(async (root) => {
    const input = await documents(root, ["aaaa", "bb", "cccccc"]);
    const { dir, metrics } = await run(root, input, { boundaries: "eos" });
    assert.equal(metrics.vocab, 4);
    // The document that is cut in two ends once.
    assert.equal(await textOf(dir, "train"), "aaaa<|endoftext|>bb<|endoftext|>ccc");
    assert.equal(await textOf(dir, "held_out"), "ccc<|endoftext|>");
    const settings = JSON.parse(await Deno.readTextFile(`${dir}/tokenizer_config.json`));
    assert.equal(settings.eos_token, "<|endoftext|>");
  }));

Deno.test("tokenizeStage trains bpe on the training split alone", () =>
  withFolder(async (root) => {
    const input = await documents(root, [
      ...Array(60).fill("low lower lowest"),
      "zzzzzzzz".repeat(40),
    ]);
    const { dir, metrics, lines } = await run(root, input, {
      tokenizer: { train: "bpe", vocab: 300 },
      boundaries: "eos",
    });
    const tokenizer = await loadTokenizer(dir);
    assert.ok(tokenizer.vocab > 257 && tokenizer.vocab < 300);
    assert.equal(metrics.vocab, tokenizer.vocab);
    assert.deepEqual(lines, [
      `The texts give ${tokenizer.vocab} tokens, fewer than the 300 asked for.`,
    ]);
    assert.equal(tokenizer.encode(" lowest").length, 1);
    assert.equal(tokenizer.encode("zzzz").length, 4);
    assert.match(await textOf(dir, "held_out"), /zzzz<\|endoftext\|>$/);
  }));

Deno.test("tokenizeStage takes an existing tokenizer", () =>
  withFolder(async (root) => {
    const input = await documents(root, ["hello world ".repeat(5), "world"]);
    const path = `${root}/given.json`;
    const json = {
      added_tokens: [{ id: 2, content: "</s>", special: true }],
      normalizer: null,
      pre_tokenizer: { type: "Whitespace" },
      post_processor: null,
      decoder: null,
      model: { type: "WordLevel", vocab: { hello: 0, world: 1 }, unk_token: "hello" },
    };
    await Deno.writeTextFile(path, JSON.stringify(json));
    const changes = { tokenizer: { file: { path } }, held_out: { by: "tail", share: 0 } } as const;
    const { dir, metrics } = await run(root, input, { ...changes, boundaries: "eos" });
    assert.deepEqual([metrics.vocab, metrics.tokens, metrics.held_out_tokens], [3, 13, 0]);
    assert.equal(await Deno.readTextFile(`${dir}/tokenizer.json`), JSON.stringify(json));
    await Deno.writeTextFile(path, JSON.stringify({ ...json, added_tokens: [] }));
    await assert.rejects(run(root, input, { ...changes, boundaries: "eos" }), {
      message:
        "Cannot end documents with a token: the tokenizer has no token for the end of a text, " +
        "expected eos_token in a tokenizer_config.json beside it, or boundaries: none",
    });
    const beside = { bos_token: "hello", eos_token: { content: "world" }, model_max_length: 8 };
    await Deno.writeTextFile(`${root}/tokenizer_config.json`, JSON.stringify(beside));
    const named = await run(root, input, { ...changes, boundaries: "eos" });
    assert.equal(JSON.parse(await Deno.readTextFile(`${named.dir}/stats.json`)).eos, 1);
    assert.deepEqual(
      JSON.parse(await Deno.readTextFile(`${named.dir}/tokenizer_config.json`)),
      {
        tokenizer_class: "PreTrainedTokenizerFast",
        clean_up_tokenization_spaces: false,
        ...beside,
      },
    );
  }));

Deno.test("tokenizeStage tells in one line what is wrong with the tokenizer file that it is given", () =>
  withFolder(async (root) => {
    const input = await documents(root, ["hello world"]);
    const path = `${root}/given.json`;
    for (const text of ["hello\nworld\n", "[]\n", "{}"]) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(run(root, input, { tokenizer: { file: { path } } }), (error: Error) => {
        assert.ok(error.message.startsWith(`${path}: Cannot load the tokenizer: `), error.message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    }
  }));

Deno.test("tokenizeStage refuses splits that are too small", () =>
  withFolder(async (root) => {
    const input = await documents(root, ["abcd", "efgh"]);
    await assert.rejects(run(root, input, { seq: 6 }), {
      message:
        "Cannot make sequences of 6 tokens: the training split has 6 tokens, should have more " +
        "than seq",
    });
    await assert.rejects(run(root, input, { held_out: { by: "hash", share: 1e-9 } }), {
      message:
        "Cannot hold out a share of 1e-9 by hash: none of the 2 documents is in it, should be " +
        "a larger share, or by: tail",
    });
    await assert.rejects(run(root, input, { tokenizer: { train: "bpe" } }), {
      message: "Cannot train a bpe tokenizer: vocab is missing, should be the number of tokens",
    });
  }));

Deno.test("tokenizeStage writes the same files however often it runs", () =>
  withFolder(async (root) => {
    const input = await documents(
      root,
      Array.from({ length: 200 }, (_, i) => `text number ${i * i}`),
    );
    const changes: Partial<TokenizeConfig> = {
      tokenizer: { train: "bpe", vocab: 280 },
      held_out: { by: "hash", share: 0.2 },
      boundaries: "eos",
    };
    const read = async () => {
      const { dir } = await run(root, input, changes);
      const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
      return names.map((name) => [name, Deno.readFileSync(`${dir}/${name}`).join()]);
    };
    const first = await read();
    assert.deepEqual(first.map(([name]) => name), [
      ...["ids-held_out.txt", "ids-train.txt", "index-held_out.bin", "index-train.bin"],
      ...["stats.json", "tokenizer.json", "tokenizer_config.json", "tokens-held_out.bin"],
      "tokens-train.bin",
    ]);
    assert.deepEqual(await read(), first);
  }));

Deno.test("tokenizeStage makes of Shakespeare what nanoGPT makes of it", () =>
  withFolder(async (root) => {
    const path = testData("tinyshakespeare.txt");
    if (path === undefined) return;
    const corpus = await runStage(documentsStage, {
      root,
      id: "from",
      files: [path],
      config: {
        kind: "documents",
        read: [{ path }],
        text: "text",
        unit: "file",
        on_error: "stop",
      },
    });
    const { dir, metrics } = await run(root, corpus, {
      seq: 64,
      held_out: { by: "tail", share: 0.1 },
    });
    assert.deepEqual(metrics, {
      documents: 2,
      tokens: 1115394,
      train_tokens: 1003854,
      held_out_tokens: 111540,
      vocab: 65,
      bytes_per_token: 1,
    });
    const text = await Deno.readTextFile(path);
    assert.equal(await textOf(dir, "train"), text.slice(0, 1003854));
    assert.equal(await textOf(dir, "held_out"), text.slice(1003854));
    // stoi of nanoGPT's data/shakespeare_char/prepare.py: sorted(list(set(data)))
    const tokenizer = await loadTokenizer(dir);
    assert.deepEqual(tokenizer.encode("\n !AZaz"), [0, 1, 2, 13, 38, 39, 64]);
  }));
