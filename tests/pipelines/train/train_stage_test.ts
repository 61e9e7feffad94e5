import assert from "node:assert/strict";
import type { Compute, StageContext } from "../../../pipelines/compile/stage_kind.ts";
import type { TrainConfig } from "../../../pipelines/schema/definitions.ts";
import { readMetrics } from "../../../pipelines/train/metrics_lines.ts";
import { stepsOf, trainStage } from "../../../pipelines/train/train_stage.ts";
import { readSafetensors } from "../../../runtime/safetensors.ts";
import { webgpuTest } from "../../webgpu_engine.ts";
import { stageContext, writeTokens } from "./_stage_context.ts";

const SEQ = 16;
const MODELS = `
models:
  llama: {use: decoder, dims: {layers: 2, embed: 32, heads: 4, kv_heads: 2, head_dim: 8, mlp: 64, vocab: auto}}
`;
const config = {
  kind: "train",
  model: "llama",
  data: "tokens",
  batch: 16,
  accumulate: 1,
  order: "shuffled",
  optimizer: {
    kind: "adamw",
    lr: 3e-3,
    betas: [0.9, 0.99],
    eps: 1e-8,
    weight_decay: 0.1,
    decay: "matrices",
  },
  schedule: { kind: "cosine", warmup: 5, final: 0.1 },
  clip: 1,
  z_loss: 0,
  eval: { every: 10 },
  checkpoint: { every: 10, keep: 1 },
  steps: 30,
} satisfies TrainConfig;

type Engine = Pick<Compute, "engine" | "threads">;

/** The engines that are made for work, by the function that makes their tests. */
const engines: readonly [compute: Engine, test: typeof webgpuTest][] = [
  [{ engine: "wasm", threads: 2 }, Deno.test],
  [{ engine: "webgpu", threads: 1 }, webgpuTest],
];

/** Begins a training and interrupts it once `step` steps are done. */
async function interrupt(context: StageContext<TrainConfig>, step: number): Promise<void> {
  const controller = new AbortController();
  const update = (done: number) => {
    if (done >= step) controller.abort(new Error("interrupted"));
  };
  const { signal } = controller;
  await assert.rejects(trainStage.run({ ...context, progress: { update }, signal }), {
    message: "interrupted",
  });
}

/** Trains in a new folder, interrupted if so asked, and hands the folder to `look`. */
async function train<T>(
  compute: Engine,
  changes: Partial<TrainConfig>,
  look: (dir: string, metrics: Readonly<Record<string, unknown>>) => Promise<T>,
  interruptAt?: number,
): Promise<T> {
  const root = await Deno.makeTempDir();
  try {
    const [dir, tokensDir] = [`${root}/train`, `${root}/tokens`];
    await Deno.mkdir(dir);
    await Deno.mkdir(tokensDir);
    await writeTokens(tokensDir, SEQ);
    const options = { config: { ...config, ...changes } as TrainConfig, compute, dir, tokensDir };
    const context = stageContext({ ...options, models: MODELS });
    if (interruptAt !== undefined) await interrupt(context, interruptAt);
    return await look(dir, await trainStage.run(context));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const lossesOf = async (dir: string) => (await readMetrics(dir)).map(({ loss }) => loss);

for (const [compute, test] of engines) {
  test(`trainStage takes the course of the reference engine, and reports what it did (${compute.engine})`, () =>
    train(compute, {}, async (dir, metrics) => {
      const lines = await readMetrics(dir);
      assert.equal(lines.length, 30);
      // Losses and held-out losses of the reference engine.
      const golden = [
        { step: 1, loss: 3.18237740158014, val_loss: undefined },
        { step: 10, loss: 2.576372716123477, val_loss: 2.5076177337525354 },
        { step: 20, loss: 2.1043749526078463, val_loss: 2.0711670416690904 },
        { step: 30, loss: 1.9729522867497764, val_loss: 1.9378645395287073 },
      ];
      for (const { step, loss, val_loss } of golden) {
        const line = lines[step - 1];
        assert.ok(Math.abs(line.loss / loss - 1) < 1e-5, `step ${step}: ${line.loss}`);
        if (val_loss === undefined) assert.equal(line.val_loss, undefined);
        else assert.ok(Math.abs(line.val_loss! / val_loss - 1) < 1e-5, `step ${step}`);
      }
      const { flops_per_token: flops, ...rest } = metrics;
      const last = lines.slice(-3).reduce((sum, { loss }) => sum + loss, 0) / 3;
      assert.deepEqual(rest, {
        // Embedding and head, two layers of attention, feed-forward and norms, the last norm.
        params: 2 * 24 * 32 + 2 * (32 * (32 + 16 + 16 + 32) + 3 * 32 * 64 + 2 * 32) + 32,
        active_params: rest.params,
        steps: 30,
        tokens: 30 * 16 * SEQ,
        train_loss: last,
        val_loss: lines[29].val_loss,
      });
      // Three times the matrices and the scores and values of attention, and little else.
      const products = 3 * 2 * (24 * 32 + 2 * (32 * 96 + 3 * 32 * 64) + 2 * 2 * SEQ * 32);
      assert.ok(Number(flops) >= products && Number(flops) < 1.1 * products, String(flops));
    }));

  test(`trainStage goes on after an interruption to the same bits (${compute.engine})`, async () => {
    const changes = { steps: 12, accumulate: 2, eval: { every: 6 } };
    const look = async (dir: string) => {
      const files = [
        "metrics.jsonl",
        "checkpoint/model.safetensors",
        "checkpoint/state/optimizer.safetensors",
      ];
      return await Promise.all(files.map((file) => Deno.readFile(`${dir}/${file}`)));
    };
    const expected = await train(compute, changes, look);
    const found = await train(compute, changes, look, 5);
    assert.deepEqual(found, expected);
  });
}

Deno.test("trainStage publishes a checkpoint with the tokenizer and every parameter", () =>
  train({ engine: "wasm", threads: 1 }, { steps: 1 }, async (dir) => {
    const folder = `${dir}/checkpoint`;
    assert.equal(await Deno.readTextFile(`${folder}/tokenizer.json`), '{"version": "1.0"}\n');
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${folder}/config.json`)), {
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      vocab_size: 24,
      hidden_size: 32,
      intermediate_size: 64,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 8,
      hidden_act: "silu",
      max_position_embeddings: SEQ,
      rms_norm_eps: 1e-5,
      rope_theta: 10000,
      rope_scaling: null,
      attention_bias: false,
      attention_dropout: 0,
      mlp_bias: false,
      tie_word_embeddings: false,
      bos_token_id: null,
      eos_token_id: null,
      torch_dtype: "float32",
    });
    const { tensors: model } = await readSafetensors(`${folder}/model.safetensors`);
    assert.deepEqual(model.get("model.layers.1.mlp.gate_proj.weight")?.shape, [64, 32]);
    const { tensors } = await readSafetensors(`${folder}/state/optimizer.safetensors`);
    assert.equal(tensors.size, 2 * model.size);
  }));

Deno.test("trainStage gives the same bits with 1 and 2 threads", async () => {
  const runs = [1, 2].map((threads) =>
    train(
      { engine: "wasm", threads },
      { steps: 10 },
      (dir) => Deno.readTextFile(`${dir}/metrics.jsonl`),
    )
  );
  const [one, two] = await Promise.all(runs);
  assert.equal(one, two);
});

Deno.test("trainStage agrees on wasm and reference", async () => {
  const changes = { steps: 3, batch: 4 };
  const wasm = await train({ engine: "wasm", threads: 1 }, changes, lossesOf);
  const reference = await train({ engine: "reference", threads: 1 }, changes, lossesOf);
  reference.forEach((loss, i) => {
    assert.ok(Math.abs(wasm[i] - loss) < 1e-5, `step ${i + 1}: ${wasm[i]} and ${loss}`);
  });
});

Deno.test("trainStage gives nearly the same losses in one part and in four", async () => {
  const whole = await train({ engine: "wasm", threads: 1 }, { steps: 5 }, lossesOf);
  const parts = await train({ engine: "wasm", threads: 1 }, { steps: 5, accumulate: 4 }, lossesOf);
  whole.forEach((loss, i) => {
    assert.ok(Math.abs(parts[i] - loss) < 1e-4, `step ${i + 1}: ${parts[i]} and ${loss}`);
  });
  assert.notDeepEqual(parts, whole);
});

Deno.test("trainStage refuses a batch that does not divide into its parts", async () => {
  await assert.rejects(train({ engine: "wasm", threads: 1 }, { accumulate: 3 }, lossesOf), {
    message: "Cannot train train: batch is 16, it must be a multiple of accumulate, 3",
  });
});

Deno.test("stepsOf() rounds a budget up to whole steps", () => {
  const { steps: _, ...rest } = config;
  assert.equal(stepsOf(config, SEQ, 100), 30);
  assert.equal(stepsOf({ ...rest, budget: { tokens: 256 * 4 } }, SEQ, 100), 4);
  assert.equal(stepsOf({ ...rest, budget: { tokens: 256 * 4 + 1 } }, SEQ, 100), 5);
  assert.equal(stepsOf({ ...rest, budget: { flops: 256 * 100 * 7 } }, SEQ, 100), 7);
  assert.equal(stepsOf({ ...rest, budget: { flops: 1 } }, SEQ, 100), 1);
});
