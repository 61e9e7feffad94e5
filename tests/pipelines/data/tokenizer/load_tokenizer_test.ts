import assert from "node:assert/strict";
import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { createRandom } from "../../../../pipelines/compile/random.ts";
import { createWordCounts } from "../../../../pipelines/data/tokenizer/count_words.ts";
import {
  createTokenizer,
  loadTokenizerFile,
} from "../../../../pipelines/data/tokenizer/load_tokenizer.ts";
import {
  bpeJson,
  BYTE_IDS,
  charJson,
  FIRST_MERGE_ID,
  type TokenizerJson,
} from "../../../../pipelines/data/tokenizer/tokenizer_json.ts";
import { trainBpe } from "../../../../pipelines/data/tokenizer/train_bpe.ts";
import { testData, withFolder } from "../_run_stage.ts";

async function train(texts: readonly string[], vocab: number): Promise<TokenizerJson> {
  const words = createWordCounts();
  for (const text of texts) words.add(text);
  const encoder = new TextEncoder();
  const ids = [...words.counts.keys()].map((word) =>
    Int32Array.from(encoder.encode(word), (byte) => BYTE_IDS[byte])
  );
  const limit = vocab - FIRST_MERGE_ID;
  return bpeJson(
    await trainBpe(ids, [...words.counts.values()], { firstId: FIRST_MERGE_ID, limit }),
  );
}

const library = (json: TokenizerJson) =>
  new LibraryTokenizer(json, { clean_up_tokenization_spaces: false });

/** Texts that are hard to split or to decode. */
const HARD = [
  "",
  " ",
  "\n\n\n   \t\t x  \n",
  "It's they'LL we'Re 'tis o''s",
  "naïve Grüße, 漢字かな交じり文 and Ελληνικά; עברית العربية हिन्दी ไทย",
  "🙂👩‍👩‍👧‍👦🇩🇪 e\u0301 \u00a0\u2003\u3000\u0085\ufeff|",
  "12345 ٣٤٥ ½ ② 1,000.00 $5 #tag @me a_b-c/d\\e",
  "\u0000\u0001\u007f\u0080\uffff\u{10ffff}",
  "<|endoftext|>begin<|endoftext|><|endoftext|> end <|endoftext",
  "a".repeat(500) + " " + "ab".repeat(300),
];

/** Random code points of many scripts, white space among them. */
function randomText(seed: number): string {
  const random = createRandom(seed);
  const ranges = [[32, 95], [0, 32], [0xa0, 0x200], [0x3040, 100], [0x1f600, 60], [0x2000, 40]];
  return Array.from({ length: 200 }, () => {
    const [first, count] = random.pick(ranges);
    return String.fromCodePoint(first + random.integer(count));
  }).join("");
}

Deno.test("createTokenizer() encodes bpe as Hugging Face's library does, and decodes it back", async () => {
  const texts = [...HARD, ...Array.from({ length: 100 }, (_, seed) => randomText(seed))];
  const json: TokenizerJson = JSON.parse(
    JSON.stringify(await train([...texts, ...HARD, ...HARD], 600)),
  );
  const [own, other] = [await createTokenizer(json), library(json)];
  assert.equal(own.vocab, 600);
  assert.equal(own.eos, 0);
  for (const text of [...texts, ...Array.from({ length: 100 }, (_, i) => randomText(1000 + i))]) {
    const ids = own.encode(text);
    assert.deepEqual(ids, other.encode(text, { add_special_tokens: false }).ids, text);
    assert.equal(own.decode(ids), text);
  }
});

Deno.test("createTokenizer() encodes characters as Hugging Face's library does", async () => {
  const texts = HARD.map((text) => text.replaceAll("<|endoftext|>", ""));
  for (const eos of [false, true]) {
    const json: TokenizerJson = JSON.parse(JSON.stringify(charJson(texts.join(""), eos)));
    const [own, other] = [await createTokenizer(json), library(json)];
    const characters = new Set(texts.join(""));
    assert.equal(own.vocab, characters.size + Number(eos));
    assert.equal(own.eos, eos ? characters.size : undefined);
    for (const text of texts) {
      const ids = own.encode(text);
      assert.equal(ids.length, [...text].length);
      assert.deepEqual(ids, other.encode(text, { add_special_tokens: false }).ids);
      assert.equal(own.decode(ids), text);
      if (text !== "") assert.equal(other.decode(ids), text);
    }
  }
});

Deno.test("createTokenizer() numbers characters in the order of their code points, as nanoGPT", async () => {
  const tokenizer = await createTokenizer(charJson("hello\nWorld 🙂\uffff", true));
  assert.equal(tokenizer.decode([0, 1, 2, 3]), "\n Wd");
  assert.deepEqual(tokenizer.encode("\uffff🙂<|endoftext|>"), [9, 10, 11]);
  assert.throws(() => tokenizer.encode("hex"), {
    message: 'Cannot encode "x": the tokenizer was made of texts without this character',
  });
});

Deno.test("decode() replaces bytes that are not UTF-8", async () => {
  const tokenizer = await createTokenizer(bpeJson([]));
  const ids = tokenizer.encode("é");
  assert.equal(ids.length, 2);
  assert.equal(tokenizer.decode(ids), "é");
  assert.equal(tokenizer.decode(ids.slice(0, 1)), "\ufffd");
});

Deno.test("loadTokenizerFile() loads other tokenizers by Hugging Face's library", () =>
  withFolder(async (dir) => {
    const json = {
      version: "1.0",
      added_tokens: [
        { id: 3, content: "</s>", special: true, single_word: false, lstrip: false, rstrip: false },
      ],
      normalizer: { type: "Lowercase" },
      pre_tokenizer: { type: "Whitespace" },
      post_processor: null,
      decoder: null,
      model: { type: "WordLevel", vocab: { "[UNK]": 0, hello: 1, world: 2 }, unk_token: "[UNK]" },
    };
    const path = `${dir}/tokenizer.json`;
    await Deno.writeTextFile(path, JSON.stringify(json));
    const tokenizer = await loadTokenizerFile(path);
    assert.deepEqual([tokenizer.vocab, tokenizer.eos], [4, 3]);
    assert.deepEqual(tokenizer.encode("Hello strange World</s>"), [1, 0, 2, 3]);
    assert.equal(tokenizer.decode([1, 2]), "hello world");
    assert.equal(tokenizer.decode([]), "");
    const strict = { ...json, model: { ...json.model, unk_token: null } };
    await Deno.writeTextFile(path, JSON.stringify(strict));
    const { encode } = await loadTokenizerFile(path);
    assert.throws(() => encode("hello strange"), {
      message: 'Cannot encode "strange": the tokenizer has no such token',
    });
  }));

Deno.test("loadTokenizerFile() ends texts with the eos_token of the tokenizer_config.json beside it", () =>
  withFolder(async (dir) => {
    const json = {
      added_tokens: [{ id: 3, content: "</s>" }, { id: 4, content: "<|fin|>" }],
      ...{ normalizer: null, post_processor: null, decoder: null },
      pre_tokenizer: { type: "Whitespace" },
      model: { type: "WordLevel", vocab: { "[UNK]": 0, hello: 1, stop: 2 }, unk_token: "[UNK]" },
    };
    const [path, config] = [`${dir}/tokenizer.json`, `${dir}/tokenizer_config.json`];
    await Deno.writeTextFile(path, JSON.stringify(json));
    const eosOf = async (eos_token: unknown) => {
      await Deno.writeTextFile(config, JSON.stringify({ eos_token }));
      return (await loadTokenizerFile(path)).eos;
    };
    assert.equal(await eosOf("<|fin|>"), 4);
    assert.equal(await eosOf({ __type: "AddedToken", content: "<|fin|>" }), 4);
    assert.equal(await eosOf("stop"), 2);
    assert.equal(await eosOf(null), 3);
    assert.equal(await eosOf(undefined), 3);
    await assert.rejects(eosOf("<|end|>"), {
      message:
        `${path}: Cannot load the tokenizer: tokenizer_config.json beside it has eos_token ` +
        '"<|end|>", expected one of its tokens',
    });
    await Deno.writeTextFile(config, "[");
    await assert.rejects(loadTokenizerFile(path), {
      message: `${config}: Cannot load the tokenizer: it is no JSON map`,
    });
  }));

Deno.test("createTokenizer() knows tokens that were added to one made here", async () => {
  const json: TokenizerJson = JSON.parse(JSON.stringify(bpeJson([])));
  const added = [...json.added_tokens, { id: 257, content: "<|user|>", special: true }];
  const { encode } = await createTokenizer({ ...json, added_tokens: added });
  assert.deepEqual(encode("<|user|>"), [257]);
});

Deno.test("loadTokenizerFile() says which file it cannot load", () =>
  withFolder(async (dir) => {
    const path = `${dir}/tokenizer.json`;
    await assert.rejects(loadTokenizerFile(path), {
      message: `${path}: Cannot load the tokenizer: there is no such file`,
    });
    await Deno.writeTextFile(path, "{}");
    await assert.rejects(loadTokenizerFile(path), /tokenizer\.json: Cannot load the tokenizer: /);
    await Deno.writeTextFile(path, "no json");
    await assert.rejects(loadTokenizerFile(path), /tokenizer\.json: Cannot load the tokenizer: /);
  }));

Deno.test("createTokenizer() gives the ids of Hugging Face's library on real text", async () => {
  const path = testData("crawl.jsonl");
  if (path === undefined) return;
  const texts = (await Deno.readTextFile(path)).trim().split("\n").map((line) =>
    JSON.parse(line).text as string
  );
  const json: TokenizerJson = JSON.parse(JSON.stringify(await train(texts, 2000)));
  assert.equal(json.model.merges.length, 2000 - FIRST_MERGE_ID);
  const [own, other] = [await createTokenizer(json), library(json)];
  const unusual = texts.filter((text) => /[^\x20-\x7e]/.test(text)).slice(0, 600);
  assert.ok(unusual.length > 500);
  for (const text of [...texts.slice(0, 600), ...unusual]) {
    const ids = own.encode(text);
    assert.deepEqual(ids, other.encode(text, { add_special_tokens: false }).ids);
    assert.equal(own.decode(ids), text);
  }
});
