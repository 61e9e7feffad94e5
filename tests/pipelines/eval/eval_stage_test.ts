import assert from "node:assert/strict";
import type { StageContext, StageOutput } from "../../../pipelines/compile/stage_kind.ts";
import { createDocumentWriter } from "../../../pipelines/data/document_files.ts";
import { openTokens } from "../../../pipelines/data/open_tokens.ts";
import { tokenizeStage } from "../../../pipelines/data/tokenize_stage.ts";
import { evalStage } from "../../../pipelines/eval/eval_stage.ts";
import type {
  EvalConfig,
  TokenizeConfig,
  TrainConfig,
} from "../../../pipelines/schema/definitions.ts";
import { trainStage } from "../../../pipelines/train/train_stage.ts";
import { readSafetensors, writeSafetensors } from "../../../runtime/safetensors.ts";
import { assertNear } from "../../near.ts";
import { runStage, withFolder } from "../data/_run_stage.ts";
import { modelSource, stageModels } from "../model/_model_source.ts";

const MODELS = `
models:
  tiny: {use: decoder, dims: {layers: 1, embed: 32, heads: 2, kv_heads: 1, head_dim: 16, mlp: 64, vocab: auto}}
`;

const TOKENIZE: TokenizeConfig = {
  kind: "tokenize",
  from: "corpus",
  tokenizer: { train: "char" },
  seq: 16,
  held_out: { by: "tail", share: 0.1 },
  boundaries: "eos",
};

const TRAIN: TrainConfig = {
  kind: "train",
  model: "tiny",
  data: "tokens",
  batch: 16,
  accumulate: 1,
  order: "shuffled",
  optimizer: {
    kind: "adamw",
    lr: 1e-2,
    betas: [0.9, 0.95],
    eps: 1e-8,
    weight_decay: 0,
    decay: "matrices",
  },
  schedule: { kind: "constant", warmup: 5 },
  clip: 1,
  z_loss: 0,
  eval: { every: 0 },
  checkpoint: { every: 0, keep: 1 },
  steps: 60,
};

/** Documents that say which letter goes with which, and questions about it. */
async function corpus(root: string): Promise<StageOutput> {
  const dir = `${root}/corpus`;
  await Deno.mkdir(dir);
  const writer = await createDocumentWriter(dir);
  const pairs = ["ax", "by", "cz", "dw"];
  for (let i = 0; i < 200; i++) {
    const text = Array.from({ length: 6 }, (_, j) => [...pairs[(i * 7 + j * j) % 4]].join(" "))
      .join("; ");
    await writer.write({ id: String(i), text, metadata: {} });
  }
  await writer.close();
  const questions = pairs.map(([prompt, answer], i) => ({
    id: `q${i}`,
    // The first has more before it than the model can see.
    prompt: i === 0 ? `b y; c z; d w; ${prompt}` : prompt,
    choices: ["w", "x", "y", "z"],
    answer: "wxyz".indexOf(answer),
    kind: i < 2 ? "early" : "late",
  }));
  await Deno.writeTextFile(
    `${dir}/questions.jsonl`,
    questions.map((question) => JSON.stringify(question) + "\n").join(""),
  );
  return { id: "corpus", kind: "documents", dir, config: {}, metrics: {} };
}

Deno.test("evalStage measures what training has taught", () =>
  withFolder(async (root) => {
    const documents = await corpus(root);
    const tokens = await runStage(tokenizeStage, {
      root,
      id: "tokens",
      config: TOKENIZE,
      inputs: [documents],
    });
    const source = modelSource(MODELS);
    const run = async <Config extends object>(
      kind: { run(context: StageContext<Config>): Promise<Readonly<Record<string, unknown>>> },
      id: string,
      config: Config,
      inputs: readonly StageOutput[],
    ): Promise<StageOutput> => {
      const dir = `${root}/${id}`;
      await Deno.mkdir(dir, { recursive: true });
      const metrics = await kind.run({
        id,
        config,
        compute: { engine: "wasm", threads: 1, mesh: {} },
        seed: 3,
        dir,
        files: [],
        input: (name) => inputs.find((input) => input.id === name)!,
        model: stageModels(source),
        progress: { update: () => {} },
        log: () => {},
        signal: new AbortController().signal,
      });
      return { id, kind: "", dir, config: Object.fromEntries(Object.entries(config)), metrics };
    };
    const trained = await run(trainStage, "trained", TRAIN, [tokens]);
    const config: EvalConfig = {
      kind: "eval",
      models: ["trained"],
      data: "tokens",
      questions: "corpus",
      generate: { prompts: ["a", "b x; c"], max_tokens: 8, temperature: 0, top_k: 0 },
    };
    const judged = await run(evalStage, "judged", config, [documents, tokens, trained]);
    const found = judged.metrics.trained as Record<string, unknown>;
    const loss = Number(found.loss);
    assertNear([loss], [Number(trained.metrics.val_loss)], 1e-6, "held-out loss");
    assert.ok(loss < 0.8, `${loss}`);
    const opened = await openTokens(tokens.dir);
    const { tokens: count, bytes } = opened.stats.held_out;
    opened.close();
    assert.equal(found.perplexity, Math.exp(loss));
    assertNear(
      [Number(found.bits_per_byte)],
      [loss * (count - 1) / Math.log(2) / bytes],
      1e-12,
      "bits",
    );
    const perfect = { accuracy: 1, chance: 0.25, stderr: 0 };
    assert.deepEqual(found.tasks, {
      questions: {
        ...perfect,
        n: 4,
        cut_prompts: 1,
        kinds: { early: { ...perfect, n: 2 }, late: { ...perfect, n: 2 } },
      },
    });
    assert.deepEqual(
      JSON.parse(await Deno.readTextFile(`${judged.dir}/results.json`)),
      judged.metrics,
    );
    const lines = async (name: string) =>
      (await Deno.readTextFile(`${judged.dir}/${name}`)).trim().split("\n").map((line) =>
        JSON.parse(line)
      );
    const [sample] = await lines("samples.jsonl");
    assert.deepEqual([sample.model, sample.prompt, sample.text.slice(0, 4)], [
      "trained",
      "a",
      " x; ",
    ]);
    const answers = await lines("answers.jsonl");
    assert.deepEqual(answers.map(({ model, id, chosen }) => [model, id, chosen]), [
      ["trained", "q0", 1],
      ["trained", "q1", 2],
      ["trained", "q2", 3],
      ["trained", "q3", 0],
    ]);
    const path = `${trained.dir}/checkpoint/model.safetensors`;
    const { tensors } = await readSafetensors(path);
    const head = tensors.get("lm_head.weight")!;
    const withHead = async (factor: number) => {
      const data = Float32Array.from(head.data, (weight: number) => weight * factor);
      await writeSafetensors(path, new Map([...tensors, ["lm_head.weight", { ...head, data }]]));
    };
    const measure = { kind: "eval", models: ["trained"], data: "tokens" } as const;
    await withHead(1e5);
    const large = await run(evalStage, "large", measure, [tokens, trained]);
    const { loss: largeLoss, ...others } = large.metrics.trained as Record<string, number>;
    assert.ok(largeLoss > 710 && largeLoss < Infinity, `${largeLoss}`);
    assert.deepEqual(Object.keys(others), ["bits_per_byte"]);
    await withHead(1e38);
    await assert.rejects(run(evalStage, "infinite", measure, [tokens, trained]), {
      message: /^Cannot measure the loss of trained on tokens: it is (NaN|Infinity)$/,
    });
    const { data: _, ...ask } = { ...measure, questions: "corpus" };
    await assert.rejects(run(evalStage, "asked", ask, [documents, trained]), {
      message: /^Cannot ask trained question q\d: the loss of a choice is (NaN|Infinity)$/,
    });
    await writeSafetensors(path, tensors);

    const ofLength = async (seq: number) => {
      const again = await runStage(tokenizeStage, {
        root,
        id: `tokens${seq}`,
        config: { ...TOKENIZE, seq },
        inputs: [documents],
      });
      // As another program would save it.
      const json = JSON.parse(await Deno.readTextFile(`${again.dir}/tokenizer.json`));
      const { version: _, ...rest } = { ...json, post_processor: { type: "ByteLevel" } };
      await Deno.writeTextFile(`${again.dir}/tokenizer.json`, JSON.stringify(rest, null, 2));
      const ended = await run(evalStage, `at${seq}`, { ...measure, data: again.id }, [
        again,
        trained,
      ]);
      return Number((ended.metrics.trained as Record<string, number>).loss);
    };
    assert.equal(await ofLength(16), loss);
    // A token in four is predicted from nothing but itself.
    assert.ok(await ofLength(4) > loss);
    await assert.rejects(ofLength(17), {
      message: "Cannot measure the loss of trained on tokens17: its sequences have 17 tokens, " +
        "expected at most 16, as the model has",
    });

    const other = await runStage(tokenizeStage, {
      root,
      id: "other",
      config: { ...TOKENIZE, boundaries: "none" },
      inputs: [documents],
    });
    await assert.rejects(
      run(evalStage, "failed", { kind: "eval", models: ["trained"], data: "other" }, [
        other,
        trained,
      ]),
      {
        message:
          "Cannot measure the loss of trained on other: the model was trained with another " +
          "tokenizer (model, added_tokens), data should be a stage with the same",
      },
    );
  }));
