/** A tokenize stage's folder and a stage context around it, to run the train stage alone. */

import type { Compute, Metrics, StageContext } from "../../../pipelines/compile/stage_kind.ts";
import { createTokenWriter } from "../../../pipelines/data/token_writer.ts";
import { modelSource, stageModels } from "../model/_model_source.ts";

/** Size of the vocabulary of `writeTokens`. */
export const VOCAB = 24;

/** Writes the folder of a tokenize stage: documents that count up, each from another token. */
export async function writeTokens(dir: string, seq: number): Promise<void> {
  const counts: Record<string, unknown> = {};
  for (const [split, documents] of [["train", 40], ["held_out", 3]] as const) {
    const writer = await createTokenWriter(dir, split, VOCAB);
    for (let i = 0; i < documents; i++) {
      const tokens = Array.from({ length: 30 }, (_, at) => (7 * i + at * (1 + i % 3)) % VOCAB);
      await writer.write(`${split}-${i}`, tokens, 60);
    }
    counts[split] = await writer.close();
  }
  const stats = { vocab: VOCAB, eos: null, seq, boundaries: "none", bytes_per_token: 2, ...counts };
  await Deno.writeTextFile(`${dir}/stats.json`, JSON.stringify(stats));
  await Deno.writeTextFile(`${dir}/tokenizer.json`, '{"version": "1.0"}\n');
}

/** What a context is made of. */
export interface ContextOptions<Config> {
  readonly config: Config;
  readonly compute: Pick<Compute, "engine" | "threads" | "profile">;
  readonly dir: string;
  readonly tokensDir: string;
  readonly tokensMetrics?: Metrics;
  /** Text of a pipeline's `models` and `blocks`. */
  readonly models: string;
  readonly log?: (line: string) => void;
}

/** The context of a stage that reads a tokenize stage `tokens`. */
export function stageContext<Config>(options: ContextOptions<Config>): StageContext<Config> {
  const source = modelSource(options.models);
  return {
    id: "train",
    config: options.config,
    compute: { ...options.compute, mesh: {} },
    seed: 17,
    dir: options.dir,
    files: [],
    input: (id) => ({
      id,
      kind: "tokenize",
      dir: options.tokensDir,
      config: {},
      metrics: options.tokensMetrics ?? {},
    }),
    model: stageModels(source),
    progress: { update: () => {} },
    log: options.log ?? (() => {}),
    signal: new AbortController().signal,
  };
}
