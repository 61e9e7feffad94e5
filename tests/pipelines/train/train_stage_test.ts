import assert from "node:assert/strict";
import type { TrainConfig } from "../../../pipelines/schema/definitions.ts";
import { readMetrics } from "../../../pipelines/train/metrics_lines.ts";
import { stepsOf, trainStage } from "../../../pipelines/train/train_stage.ts";
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

type Engine = { readonly engine: "wasm" | "reference"; readonly threads: number };

/** Trains in a new folder and hands the folder to `look`. */
async function train<T>(
  compute: Engine,
  changes: Partial<TrainConfig>,
  look: (dir: string, metrics: Readonly<Record<string, unknown>>) => Promise<T>,
): Promise<T> {
  const root = await Deno.makeTempDir();
  try {
    const [dir, tokensDir] = [`${root}/train`, `${root}/tokens`];
    await Deno.mkdir(dir);
    await Deno.mkdir(tokensDir);
    await writeTokens(tokensDir, SEQ);
    const options = { config: { ...config, ...changes } as TrainConfig, compute, dir, tokensDir };
    return await look(dir, await trainStage.run(stageContext({ ...options, models: MODELS })));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const lossesOf = async (dir: string) => (await readMetrics(dir)).map(({ loss }) => loss);

Deno.test("trainStage learns, and reports what it did", () =>
  train({ engine: "wasm", threads: 2 }, {}, async (dir, metrics) => {
    const lines = await readMetrics(dir);
    assert.equal(lines.length, 30);
    const last = lines.slice(-3).reduce((sum, { loss }) => sum + loss, 0) / 3;
    assert.deepEqual(metrics, {
      params: 0,
      active_params: 0,
      steps: 30,
      tokens: 30 * 16 * SEQ,
      train_loss: last,
      val_loss: lines[29].val_loss,
      flops_per_token: 0,
    });
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
