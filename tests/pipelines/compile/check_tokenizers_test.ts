import assert from "node:assert/strict";
import { openPipeline } from "../../../pipelines/compile/open_pipeline.ts";
import { charJson, type TokenizerJson } from "../../../pipelines/data/tokenizer/tokenizer_json.ts";
import { withFolder } from "./_with_folder.ts";

const GOLDEN = new URL("../../golden/transformers/gpt2", import.meta.url).pathname;
const LETTERS = charJson(new Set("abc"), true);

/** What is said about stages with a tokenizer in `a.json`, and a model in `base` with its own. */
async function problemsOf(
  stages: string,
  { file = LETTERS, own, config }: {
    file?: TokenizerJson | string;
    own?: TokenizerJson | string;
    config?: object;
  } = {},
): Promise<readonly string[]> {
  let found: readonly string[] = [];
  await withFolder(async (dir) => {
    const write = (name: string, value: unknown) =>
      Deno.writeTextFile(`${dir}/${name}`, typeof value === "string" ? value : json(value));
    await Deno.mkdir(`${dir}/base`);
    for (const name of ["config.json", "model.safetensors"]) {
      await Deno.copyFile(`${GOLDEN}/${name}`, `${dir}/base/${name}`);
    }
    await write("a.json", file);
    if (own !== undefined) await write("base/tokenizer.json", own);
    if (config !== undefined) await write("tokenizer_config.json", config);
    await write(
      "p.yaml",
      `version: 1
name: p
models: {base: {from: base}}
stages:
  world: {kind: documents, generate: small_world, count: 10}
${stages}`,
    );
    const { problems } = await openPipeline("p.yaml", { cwd: dir });
    found = problems.map(({ line, column, message, expected }) =>
      `${line}:${column}: ${message}` + (expected === undefined ? "" : `, expected ${expected}`)
    );
  });
  return found;
}

const json = (value: unknown) => JSON.stringify(value, null, 1);
const tokens = (more: string) =>
  `  tokens: {kind: tokenize, from: world, tokenizer: {file: a.json}, ${more}}\n`;
const TRAIN = "  t: {kind: train, model: base, data: tokens, batch: 4, steps: 1}\n";
const EVAL = "  e: {kind: eval, models: base, data: tokens}\n";

Deno.test("checkTokenizers() refuses data of another tokenizer than that of the model's folder", async () => {
  const stages = tokens("seq: 8") + TRAIN + EVAL;
  // The same, written otherwise.
  const own = { ...LETTERS, post_processor: { type: "ByteLevel" } };
  assert.deepEqual(await problemsOf(stages, { own }), []);
  const other = charJson(new Set("abcd"), true);
  const message =
    "the tokenizer of tokens is another one than that of base (model, added_tokens), " +
    "expected tokenizer: {file: base/tokenizer.json} in tokens";
  assert.deepEqual(await problemsOf(stages, { own: other }), [
    `7:39: ${message}`,
    `8:39: ${message}`,
  ]);
  // What a folder without a tokenizer was trained on, nobody knows.
  assert.deepEqual(await problemsOf(tokens("seq: 8") + TRAIN), []);
});

Deno.test("checkTokenizers() refuses data that trains a tokenizer for a model that has one", async () => {
  const made = "  tokens: {kind: tokenize, from: world, tokenizer: {train: char}, seq: 8}\n";
  const message = "tokens trains a tokenizer, and base has its own, " +
    "expected tokenizer: {file: base/tokenizer.json} in tokens";
  assert.deepEqual(await problemsOf(made + TRAIN + EVAL, { own: LETTERS }), [
    `7:39: ${message}`,
    `8:39: ${message}`,
  ]);
  assert.deepEqual(await problemsOf(made + TRAIN), []);
});

Deno.test("checkTokenizers() refuses tokenizers that cannot be loaded, or have no end of text", async () => {
  const broken = await problemsOf(tokens("seq: 8") + TRAIN, { file: "{}", own: "no" });
  assert.equal(broken.length, 2);
  assert.match(broken[1], /^3:23: base\/tokenizer.json: Cannot load the tokenizer: /);
  assert.match(broken[0], /^6:59: a.json: Cannot load the tokenizer: /);
  const file = charJson(new Set("abc"), false);
  assert.deepEqual(await problemsOf(tokens("seq: 8, boundaries: none"), { file }), []);
  assert.deepEqual(await problemsOf(tokens("seq: 8"), { file }), [
    "6:59: a.json has no token for the end of a text, expected eos_token in a " +
    "tokenizer_config.json beside it, or boundaries: none",
  ]);
  assert.deepEqual(await problemsOf(tokens("seq: 8"), { file, config: { eos_token: "c" } }), []);
});

Deno.test("openPipeline() refuses data whose sequences are longer than a model that is measured", async () => {
  const own = LETTERS;
  assert.deepEqual(await problemsOf(tokens("seq: 32") + EVAL, { own }), []);
  assert.deepEqual(await problemsOf(tokens("seq: 33") + EVAL, { own }), [
    "3:16: dim positions is 32 in model base, expected at least 33, as its data needs",
  ]);
});
