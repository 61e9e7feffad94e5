/** One stage of a run: taken from the run folder if its key is the same, run otherwise. */

import { join } from "node:path";
import { isThere } from "../../runtime/atomic_file.ts";
import type { WaitListener } from "../../runtime/device.ts";
import type { InputDigests } from "./input_files.ts";
import { namesBelow } from "./names_below.ts";
import { progressLine } from "./progress_line.ts";
import { deriveSeed } from "./random.ts";
import type { RunPlan, RunStage } from "./run_plan.ts";
import {
  isStageFolder,
  KEY_FILE,
  keyOf,
  openPartial,
  publishStage,
  recoverStage,
  removeStageFolder,
  reopenStage,
  type StageFolder,
  stageFolder,
} from "./stage_folder.ts";
import { explainChange, stageKey, type StageKeyParts } from "./stage_key.ts";
import type { Metrics, Progress, StageContext, StageKind, StageOutput } from "./stage_kind.ts";
import { noModels } from "./stage_models.ts";
import {
  findDamage,
  outputDigest,
  readRecord,
  RECORD,
  type StageRecord,
  TRACE,
  writeRecord,
} from "./stage_record.ts";

/** What a run shows to people, and how they stop it. */
export interface RunHost {
  /** Prints one line. */
  log(line: string): void;
  /** Shows one line until the next one comes. */
  progress(line: string): void;
  /** Is told before the thread blocks to wait for a device, so that another can watch. */
  readonly onWait?: WaitListener;
  /** Aborted when the run is to stop; stages save what they can. */
  readonly signal: AbortSignal;
  /** Rejected by a failure that no stage awaits, which may never end then. */
  readonly failure?: Promise<never>;
}

/** A stage that is complete. */
export interface FinishedStage {
  readonly output: StageOutput;
  readonly record: StageRecord;
  readonly status: "ran" | "cached";
  readonly why: string;
}

/** Takes a stage from the run folder or runs it. `finished` holds the stages before it. */
export async function runStage(
  plan: RunPlan,
  stage: RunStage,
  run: {
    readonly kind: StageKind<never>;
    /** Digest of the sources of the kind, and the versions that they build on. */
    readonly sources: string;
    readonly versions: Readonly<Record<string, string>>;
    readonly files: InputDigests;
    readonly finished: ReadonlyMap<string, FinishedStage>;
    /** True if the stage is to run again, whatever is cached. */
    readonly anew: boolean;
    /** How the stage compiles models. */
    readonly openModels: () => Promise<StageContext<never>["model"]>;
    readonly host: RunHost;
  },
): Promise<FinishedStage> {
  const { id } = stage;
  const { kind, host, finished } = run;
  const folder = stageFolder(plan.out, id);
  await recoverStage(folder);
  const parts = keyParts(plan, stage, run);
  const key = stageKey(parts);
  const record = await readRecord(folder.dir);
  const verifying = progressLine(id, host.progress);
  const why = await whyRun(plan, folder, { record, anew: run.anew }, parts, key, verifying);
  const output = (metrics: Metrics) => ({
    id,
    kind: stage.kind,
    dir: folder.dir,
    config: stage.config,
    metrics,
  });
  if (why === undefined) {
    return { output: output(record!.metrics), record: record!, status: "cached", why: "unchanged" };
  }
  if (plan.fresh) await removeStageFolder(folder.partial);
  else if (!run.anew && await keyOf(folder.partial) !== key && await keyOf(folder.dir) === key) {
    await reopenStage(folder);
  }
  await openPartial(folder, key);
  host.log(`${id}: runs (${why})`);
  const start = performance.now();
  const metrics = await kind.run({
    id,
    config: stage.config as never,
    compute: {
      engine: plan.engine.engine,
      threads: plan.threads,
      mesh: plan.mesh,
      ...(plan.profile ? { profile: true } : {}),
      ...(host.onWait === undefined ? {} : { onWait: host.onWait }),
    },
    seed: parts.seed,
    dir: folder.partial,
    files: namesBelow(stage.files.map(({ path }) => path)).map(({ path, name }) => ({
      path,
      name,
      bytes: run.files.get(path)!.bytes,
    })),
    model: kind.computes ? await run.openModels() : noModels(id),
    input: (name) => inputOf(stage, name, finished),
    progress: progressLine(id, host.progress),
    log: (line) => host.log(`${id}: ${line}`),
    signal: host.signal,
  });
  const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
  const made = await writeRecord(folder.partial, { ...parts, key, metrics, seconds }, [
    KEY_FILE,
    TRACE,
  ]);
  await publishStage(folder);
  return { output: output(metrics), record: made, status: "ran", why };
}

function keyParts(
  plan: RunPlan,
  stage: RunStage,
  { kind, sources, versions, files, finished }: Parameters<typeof runStage>[2],
): StageKeyParts {
  const inputs: Record<string, string> = {};
  for (const id of stage.inputs) inputs[id] = outputDigest(finished.get(id)!.record);
  const { engine, mesh, precision } = plan;
  return {
    kind: stage.kind,
    config: stage.keyConfig,
    seed: deriveSeed(plan.seed, stage.id),
    inputs,
    files: namesBelow(stage.files.map(({ path }) => path)).map(({ path, name }) => ({
      name,
      sha256: files.get(path)!.sha256,
    })),
    sources,
    versions,
    ...(kind.computes
      ? { compute: { ...engineKey(engine), mesh: largerAxes(mesh), precision } }
      : {}),
  };
}

/** What results depend on: not on why the engine was taken. */
function engineKey({ engine, adapter }: RunPlan["engine"]): Readonly<Record<string, string>> {
  return { engine, ...(adapter === undefined ? {} : { adapter }) };
}

/** An axis of size 1 is as one that is absent. */
function largerAxes(mesh: RunPlan["mesh"]): RunPlan["mesh"] {
  return Object.fromEntries(Object.entries(mesh).filter(([, size]) => size > 1));
}

/** Why a stage has to run; undefined if there is a record, and what is there will do. */
async function whyRun(
  plan: RunPlan,
  folder: StageFolder,
  { record, anew }: { readonly record: StageRecord | undefined; readonly anew: boolean },
  parts: StageKeyParts,
  key: string,
  verifying: Progress,
): Promise<string | undefined> {
  if (plan.fresh) return "--fresh";
  if (await keyOf(folder.partial) === key) return "was interrupted";
  if (record === undefined && !await isStageFolder(folder.dir)) return "first run";
  if (record === undefined) {
    return `its ${RECORD} is ${await isThere(join(folder.dir, RECORD)) ? "damaged" : "missing"}`;
  }
  if (anew) return "--fresh was interrupted";
  if (record.key !== key) return explainChange(record, parts) || "its key changed";
  return await findDamage(
    folder.dir,
    record,
    (done, total) => verifying.update(done, total, "bytes", "verifying"),
  );
}

function inputOf(
  stage: RunStage,
  name: string,
  finished: ReadonlyMap<string, FinishedStage>,
): StageOutput {
  const input = stage.inputs.includes(name) ? finished.get(name) : undefined;
  // A stage that read another one unnamed would not run again when that one changes.
  if (input === undefined) {
    throw new Error(`Cannot read stage ${name} in ${stage.id}: its inputs are [${stage.inputs}]`);
  }
  return input.output;
}
