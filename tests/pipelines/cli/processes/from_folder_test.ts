import assert from "node:assert/strict";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "../../../../runtime/safetensors.ts";
import { call, ROOT, withPipeline } from "./_sluice.ts";

const GOLDEN = join(ROOT, "tests/golden/transformers");

const data = `
  corpus: {kind: documents, read: text.txt}
  tokens: {kind: tokenize, from: corpus, tokenizer: {train: char}, seq: 8, held_out: {share: 0.2}}
`;
const tune = `version: 1
name: tune
seed: 3
models:
  base: {from: base}
stages:${data}
  tuned: {kind: train, model: base, data: tokens, batch: 4, steps: 2, eval: {every: 0}}
  scores: {kind: eval, models: tuned, data: tokens}
`;
const measure = `version: 1
name: measure
seed: 3
models:
  tuned: {from: runs/tune/tuned/checkpoint}
  alias: {extends: tuned}
stages:${data.replace("{train: char}", "{file: runs/tune/tuned/checkpoint/tokenizer.json}")}
  scores: {kind: eval, models: [tuned, alias], data: tokens, generate: {prompts: [line], max_tokens: 3}}
`;

/** A folder with both pipelines and a copy of the golden checkpoint `name`, called \`base\`. */
async function withBase(name: string, body: (dir: string) => Promise<void>): Promise<void> {
  await withPipeline(async (dir) => {
    await Deno.writeTextFile(join(dir, "tune.yaml"), tune);
    await Deno.writeTextFile(join(dir, "measure.yaml"), measure);
    await Deno.mkdir(join(dir, "base"));
    for await (const { name: file } of Deno.readDir(join(GOLDEN, name))) {
      await Deno.copyFile(join(GOLDEN, name, file), join(dir, "base", file));
    }
    await body(dir);
  });
}

async function json(...path: string[]) {
  return JSON.parse(await Deno.readTextFile(join(...path)));
}

Deno.test("run trains a checkpoint of transformers further, and measures what it wrote", () =>
  withBase("llama_sharded", async (dir) => {
    const first = await call(dir, "run", "tune.yaml");
    assert.equal(first.code, 0, first.err);
    const { inputs } = await json(dir, "runs/tune/manifest.json");
    const shards = [1, 2, 3, 4].map((n) => `model-0000${n}-of-00004.safetensors`);
    const files = ["config.json", ...shards, "model.safetensors.index.json"];
    assert.deepEqual(
      Object.keys(inputs).sort(),
      [...files.map((file) => `../../base/${file}`), "../../text.txt"].sort(),
    );
    assert.deepEqual(inputs["../../base/config.json"].stages, ["tuned"]);

    const checkpoint = join(dir, "runs/tune/tuned/checkpoint");
    const config = await json(checkpoint, "config.json");
    assert.equal(config.model_type, "llama");
    assert.equal(config.max_position_embeddings, 32);
    assert.equal(config.vocab_size, 64);
    const before = await readSafetensors(join(dir, "base", shards[0]));
    const after = await readSafetensors(join(checkpoint, "model.safetensors"));
    // Two steps at the usual rate of 3e-4 leave the weights near those they began with.
    for (const [name, { data }] of before.tensors) {
      const trained = after.tensors.get(name)!.data;
      const moved = Array.from(data, (x: number, i) => Math.abs(x - trained[i]));
      assert.ok(Math.max(...moved) > 0 && Math.max(...moved) < 0.01, name);
    }

    const second = await call(dir, "run", "measure.yaml");
    assert.equal(second.code, 0, second.err);
    const metrics = async (run: string) =>
      (await json(dir, "runs", run, "report.json")).stages.scores.metrics;
    const { tuned } = await metrics("tune");
    assert.deepEqual(await metrics("measure"), { tuned, alias: tuned });
    const plan = await call(dir, "plan", "measure.yaml");
    assert.match(plan.out, /\n {2}scores +eval of tuned, alias, tokens\n/);
    assert.match(
      plan.out,
      /\nmodel alias\n {2}dims +layers=2 embed=16 .* seq=8 positions=32\n.*\n {2}measuring +[\d,]+ flops/,
    );
    const plain = JSON.parse((await call(dir, "plan", "measure.yaml", "--json")).out);
    assert.deepEqual(
      plain.measured.map(({ name, flops_per_token }: Record<string, unknown>) => [
        name,
        Number.isInteger(flops_per_token),
      ]),
      [["tuned", true], ["alias", true]],
    );
    const graph = await call(dir, "graph", "measure.yaml");
    assert.match(graph.out, /\["scores<br\/><small>eval tuned alias<\/small>"\]/);

    const cached = await call(dir, "run", "tune.yaml");
    assert.match(cached.out, /tuned: cached/);
    const path = join(dir, "base", shards[3]);
    const { tensors } = await readSafetensors(path);
    const [[name, { shape, data }]] = tensors;
    data[0] += 1;
    await writeSafetensors(path, new Map([...tensors, [name, { shape, data }]]));
    const again = await call(dir, "run", "tune.yaml");
    assert.match(again.out, /tuned: runs \(input model-00004-of-00004\.safetensors changed\)/);
  }));

Deno.test("run trains a folder with a tokenizer on its tokens alone, and carries over what is beside it", () =>
  withBase("llama_tied", async (dir) => {
    const first = await call(dir, "run", "tune.yaml", "--until", "tokens");
    assert.equal(first.code, 0, first.err);
    const made = await json(dir, "runs/tune/tokens/tokenizer.json");
    const template = { type: "TemplateProcessing", single: [], pair: [], special_tokens: {} };
    const files = {
      // As transformers would save it again.
      "tokenizer.json": JSON.stringify({ post_processor: template, ...made }, null, 2),
      "tokenizer_config.json": '{"bos_token": "l", "eos_token": "<|endoftext|>", "pad_token": "x"}',
      "special_tokens_map.json": '{"bos_token": "l"}',
      "chat_template.jinja": "{{ messages }}",
      "generation_config.json": '{"top_k": 5}',
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(dir, "base", name), text);
    }
    const eos = made.added_tokens[0].id;
    const config = await json(dir, "base/config.json");
    const ids = { bos_token_id: 3, eos_token_id: [60, eos], pad_token_id: 2 };
    await Deno.writeTextFile(
      join(dir, "base/config.json"),
      JSON.stringify({ ...config, ...ids }),
    );
    const trains = await call(dir, "run", "tune.yaml");
    assert.equal(trains.code, 1);
    const expected = "expected tokenizer: {file: base/tokenizer.json} in tokens";
    assert.ok(
      (trains.out + trains.err)
        .includes(`tokens trains a tokenizer, and base has its own, ${expected}`),
      trains.out + trains.err,
    );
    const takes = tune.replace("{train: char}", "{file: base/tokenizer.json}");
    await Deno.writeTextFile(join(dir, "tune.yaml"), takes);
    const second = await call(dir, "run", "tune.yaml");
    assert.equal(second.code, 0, second.err);
    const checkpoint = join(dir, "runs/tune/tuned/checkpoint");
    for (const [name, text] of Object.entries(files)) {
      assert.equal(await Deno.readTextFile(join(checkpoint, name)), text);
    }
    const { bos_token_id, eos_token_id, pad_token_id } = await json(checkpoint, "config.json");
    assert.deepEqual({ bos_token_id, eos_token_id, pad_token_id }, ids);
  }));

Deno.test("check compares the weights of a folder with its config.json", () =>
  withBase("gpt2", async (dir) => {
    const good = await call(dir, "check", "tune.yaml");
    assert.equal(good.code, 0, good.err);
    const plan = await call(dir, "plan", "tune.yaml");
    assert.match(plan.out, /tuned: model base\n {2}dims +layers=2 embed=16 .*positions=32/);
    assert.match(plan.out, /positions +f32\[positions=32 embed=16\]/);

    const path = join(dir, "base/model.safetensors");
    const { tensors } = await readSafetensors(path);
    await writeSafetensors(path, new Map([...tensors].slice(1)));
    const lacking = await call(dir, "check", "tune.yaml");
    const [name] = tensors.keys();
    assert.equal(lacking.code, 1);
    assert.match(
      lacking.out + lacking.err,
      new RegExp(`tune\\.yaml:5:16: Cannot load base: tensor ${name} is missing\n`),
    );
    await Deno.writeTextFile(path, "weights");
    const broken = await call(dir, "check", "tune.yaml");
    assert.match(
      broken.out + broken.err,
      /tune\.yaml:5:16: Cannot read base\/model\.safetensors: it has 7 bytes/,
    );
  }));

Deno.test("check asks for the tokenizer of a model that is measured", () =>
  withBase("gpt2_f16", async (dir) => {
    await Deno.writeTextFile(
      join(dir, "bare.yaml"),
      tune.replace("models: tuned", "models: [tuned, base]"),
    );
    const { code, out, err } = await call(dir, "check", "bare.yaml");
    assert.equal(code, 1);
    assert.match(out + err, /bare\.yaml:5:16: base has no tokenizer\.json, which scores needs\n/);
  }));

Deno.test("run reads a folder of a cache of Hugging Face, where all files are links, in runs/ that is one", () =>
  withBase("llama_tied", async (dir) => {
    for (const name of ["hub/blobs", "hub/snapshots/abc", "disk"]) {
      await Deno.mkdir(join(dir, name), { recursive: true });
    }
    for await (const { name } of Deno.readDir(join(dir, "base"))) {
      await Deno.rename(join(dir, "base", name), join(dir, "hub/blobs", `hash-${name}`));
      await Deno.symlink(`../../blobs/hash-${name}`, join(dir, "hub/snapshots/abc", name));
    }
    await Deno.remove(join(dir, "base"));
    await Deno.symlink("hub/snapshots/abc", join(dir, "base"));
    await Deno.symlink("disk", join(dir, "runs"));
    const { code, err } = await call(dir, "run", "tune.yaml");
    assert.equal(code, 0, err);
    assert.equal((await json(dir, "disk/tune/report.json")).stages.tuned.status, "ran");
    if (Deno.build.os !== "linux") return;
    const denied = await call(dir, "run", "tune.yaml", "--out", "/proc/x");
    assert.deepEqual([denied.code, denied.err], [
      1,
      "error: Cannot use /proc/x: Deno denies access to it\n",
    ]);
  }));
