/**
 * A pipeline of every kind of stage that takes a fraction of a second, and what its run folder
 * holds.
 */

import { join } from "node:path";
import { filesBelow } from "../../pipelines/compile/digest.ts";
import { runPipeline } from "../../pipelines/compile/run_pipeline.ts";
import type { RunReport } from "../../pipelines/compile/run_report.ts";

/** Ids of its stages, in their order. */
export const STAGES = ["corpus", "clean", "tokens", "model", "judged", "page"] as const;

/** What its runs may differ in. */
export interface ShortChanges {
  /** Shortest document that is kept, in words. */
  readonly words?: number;
  readonly steps?: number;
  readonly prompt?: string;
}

/** Writes what the pipeline reads into a folder. */
export async function writeCorpus(dir: string): Promise<void> {
  const lines = Array.from({ length: 40 }, (_, i) => ({
    text: `document ${i % 35} ${"and so on ".repeat(1 + i % 3)}${"abcdefg".slice(i % 5)}`,
  }));
  const texts = [...lines, { no: "text" }].map((line) => JSON.stringify(line) + "\n");
  await Deno.writeTextFile(join(dir, "corpus.jsonl"), texts.join(""));
}

/** Runs the pipeline on what `writeCorpus` left in `dir`; the run folder is `out`. */
export async function runShort(
  dir: string,
  out: string,
  { words = 3, steps = 4, prompt = "document" }: ShortChanges = {},
  log: (line: string) => void = () => {},
): Promise<RunReport> {
  const dims = { layers: 1, embed: 8, heads: 1, kv_heads: 1, head_dim: 8, mlp: 8, vocab: "auto" };
  return await runPipeline({
    version: 1,
    name: "short",
    seed: 3,
    models: { tiny: { use: "decoder", dims } },
    stages: {
      corpus: { kind: "documents", read: "corpus.jsonl" },
      clean: {
        kind: "filter",
        from: "corpus",
        rules: ["exact_dedup", { length: { min: words, unit: "words" } }],
      },
      tokens: {
        kind: "tokenize",
        from: "clean",
        tokenizer: { train: "char" },
        seq: 8,
        held_out: { by: "hash", share: 0.2 },
      },
      model: {
        kind: "train",
        model: "tiny",
        data: "tokens",
        batch: 2,
        steps,
        eval: { every: 2 },
        checkpoint: { every: 2, keep: 2 },
      },
      judged: {
        kind: "eval",
        models: "model",
        data: "tokens",
        generate: { prompts: [prompt], max_tokens: 3 },
      },
      page: { kind: "report", from: ["model", "judged"] },
    },
  }, { out, cwd: dir, engine: "wasm", threads: 1, log });
}

/** Files that are not the same in two runs: they tell how long something took. */
const VARYING = /(^|\/)(timing\.jsonl|report\.html)$/;

/**
 * What of a run folder is the same in every run: contents by path. Of stage.json and report.json,
 * all but times and what follows from them; of the other files that tell times, that they are
 * there.
 */
export async function snapshot(out: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of await filesBelow(out)) {
    const text = new TextDecoder("latin1").decode(await Deno.readFile(join(out, path)));
    found[path] = VARYING.test(path) ? "" : steady(path, text);
  }
  return found;
}

function steady(path: string, text: string): string {
  const untimed = (key: string, value: unknown) =>
    ["seconds", "sha256", "why", "status"].includes(key) || VARYING.test(key) ? undefined : value;
  return /(^|\/)(stage|report)\.json$/.test(path)
    ? JSON.stringify(JSON.parse(text), untimed)
    : text;
}

/** Copies a folder with everything in it. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}
