/** Runs of stages that take no time, to test the runner without the kinds that pipelines have. */

import type { RunPlan, RunStage } from "../../../pipelines/compile/run_plan.ts";
import type { StageKinds } from "../../../pipelines/compile/stage_kinds.ts";
import type { Metrics, StageContext, StageKind } from "../../../pipelines/compile/stage_kind.ts";

/** What the tests vary of a kind. */
export interface FakeKind {
  readonly computes?: boolean;
  readonly profiles?: boolean;
  readonly run?: (context: StageContext<Record<string, unknown>>) => Promise<Metrics>;
}

/**
 * A table of one kind, `fake`. Unless told otherwise it writes its text and those of its inputs.
 */
export function fakeKinds(
  { computes = false, profiles = false, run = writeText }: FakeKind = {},
): StageKinds {
  const kind: StageKind<Record<string, unknown>> = {
    kind: "fake",
    sources: ["pipelines/data/document.ts"],
    computes,
    profiles,
    run,
  };
  return { fake: () => Promise.resolve(kind) };
}

/** Writes `text.txt`: the texts of the inputs and that of the configuration. */
export async function writeText(context: StageContext<Record<string, unknown>>): Promise<Metrics> {
  const { config, dir, input } = context;
  const from = config.from as readonly string[];
  const texts = from.map((id) => Deno.readTextFileSync(`${input(id).dir}/text.txt`));
  const text = [...texts, config.text].join("+");
  await Deno.writeTextFile(`${dir}/text.txt`, text);
  return { length: text.length };
}

/** A stage of kind `fake`. */
export function fakeStage(
  id: string,
  inputs: readonly string[] = [],
  config: Readonly<Record<string, unknown>> = {},
): RunStage {
  const all = { text: id, from: inputs, ...config };
  return { id, kind: "fake", config: all, keyConfig: all, inputs, files: [] };
}

/** A run of fake stages. */
export function fakePlan(
  out: string,
  stages: readonly RunStage[],
  more: Partial<RunPlan> = {},
): RunPlan {
  return {
    name: "fake",
    seed: 5,
    stages,
    out,
    resolved: "version: 1\n",
    pipelineFiles: [],
    models: { models: {}, blocks: {}, folders: {}, places: {}, keys: {} },
    engine: { engine: "wasm", reason: "asked for" },
    threads: 2,
    devices: 1,
    mesh: {},
    precision: {},
    ...more,
  };
}

/** A host that keeps what it is told. */
export function fakeHost(signal: AbortSignal = new AbortController().signal) {
  const lines: string[] = [];
  return { lines, log: (line: string) => void lines.push(line), progress: () => {}, signal };
}
