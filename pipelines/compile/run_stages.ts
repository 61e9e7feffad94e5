/** Carries out a run: the stages in order, and the files of the run folder beside them. */

import { join } from "node:path";
import { removeIfThere, writeFileAtomic } from "../../runtime/atomic_file.ts";
import { messageOf } from "../../runtime/system_reason.ts";
import { WriteError, writing } from "../../runtime/writing.ts";
import { PipelineError } from "../schema/problem.ts";
import { writeRunPage } from "../report/write_run_page.ts";
import { digestOwnModules, type ModulesDigest } from "./digest_modules.ts";
import { readFresh, writeFresh } from "./fresh_stages.ts";
import { checkLocked, digestInputs, type InputDigests, manifestInputs } from "./input_files.ts";
import { makeManifest, writeManifest } from "./manifest.ts";
import { lockRun, type RunLock } from "./run_lock.ts";
import { refuseFolder } from "./refuse_folder.ts";
import { reachedStages, type RunPlan, type RunStage } from "./run_plan.ts";
import { describeStage, reportOf, type RunReport } from "./run_report.ts";
import { type FinishedStage, type RunHost, runStage } from "./run_stage.ts";
import type { StageKind } from "./stage_kind.ts";
import { type StageKinds, stageKinds } from "./stage_kinds.ts";
import { openModels } from "./stage_models.ts";

/** Thrown when a run was stopped by its signal. What is finished stays; the rest resumes. */
export class RunInterrupted extends Error {
  /** Tells it from other errors. */
  override readonly name = "RunInterrupted";
}

/** Runs a plan. Nothing is written before its inputs are checked. */
export async function runStages(
  plan: RunPlan,
  host: RunHost,
  kinds: StageKinds = stageKinds,
): Promise<RunReport> {
  await refuseFolder(plan);
  const files = await digestInputs(plan);
  if (plan.locked) await checkLocked(plan, files);
  const loaded = await loadKinds(reachedStages(plan), kinds);
  const lock = await makeRunFolder(plan.out);
  try {
    await removeIfThere(join(plan.out, ERROR_FILE));
    const sources = Object.fromEntries([...loaded].map(([name, { sources }]) => [name, sources]));
    // Comes before resolved.yaml is written, which may be the very pipeline that is run.
    const manifest = await makeManifest(plan, await manifestInputs(plan, files), sources);
    // Comes first: it is what tells a run folder from other folders.
    await writeManifest(plan.out, manifest);
    await writeFileAtomic(join(plan.out, "resolved.yaml"), plan.resolved);
    const finished = await runReached(plan, host, loaded, files);
    const report = reportOf(plan, finished);
    await writeRunPage(plan, report);
    return report;
  } catch (error) {
    throw withNote(error);
  } finally {
    await lock.release();
  }
}

async function makeRunFolder(path: string): Promise<RunLock> {
  await writing(`make the folder ${path}`, () => Deno.mkdir(path, { recursive: true }));
  return await lockRun(path);
}

/**
 * Runs the stages that a run reaches, in their order. An error is that of a stage, and names it.
 */
async function runReached(
  plan: RunPlan,
  host: RunHost,
  loaded: LoadedKinds,
  files: InputDigests,
): Promise<ReadonlyMap<string, FinishedStage>> {
  const reached = reachedStages(plan);
  const finished = new Map<string, FinishedStage>();
  const anew = plan.fresh ? new Set(reached.map(({ id }) => id)) : await readFresh(plan.out);
  if (plan.fresh) await writeFresh(plan.out, anew);
  let models: ReturnType<typeof openModels> | undefined;
  let running = "";
  try {
    for (const stage of reached) {
      running = stage.id;
      throwIfAborted(host.signal);
      const ran = runStage(plan, stage, {
        ...loaded.get(stage.kind)!,
        files,
        finished,
        anew: anew.has(stage.id),
        openModels: () => models ??= openModels(plan.models),
        host,
      });
      const done = await (host.failure === undefined ? ran : Promise.race([ran, host.failure]));
      finished.set(stage.id, done);
      if (anew.delete(stage.id)) await writeFresh(plan.out, anew);
      const { stages } = await writeReport(plan, finished);
      host.log(`${stage.id}: ${describeStage(stages[stage.id])}`);
      if (plan.profile && done.status === "cached" && loaded.get(stage.kind)!.kind.profiles) {
        host.log(`${stage.id}: was not profiled: it is cached (--fresh runs it again)`);
      }
    }
    return finished;
  } catch (error) {
    // They are an extra here: that they cannot be written must not hide why the run ended.
    const saved = writeReport(plan, finished).then((report) => writeRunPage(plan, report));
    await saved.catch(() => {});
    throwIfAborted(host.signal);
    await writeFileAtomic(join(plan.out, ERROR_FILE), traceOf(error)).catch(() => {});
    // Problems with the pipeline say where they are.
    if (error instanceof PipelineError) throw error;
    throw new Error(`${running}: ${messageOf(error)}`, { cause: error });
  }
}

/** After a write that failed people wonder what they have lost. */
function withNote(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (!(error instanceof WriteError) && !(error.cause instanceof WriteError)) return error;
  return new Error(`${error.message}; what was finished before stands`, { cause: error });
}

/** Where the stack trace of a failed run goes: it helps to mend Sluice, not a pipeline. */
const ERROR_FILE = "error.txt";

function traceOf(error: unknown): string {
  return (error instanceof Error ? error.stack ?? String(error) : String(error)) + "\n";
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new RunInterrupted("The run was interrupted");
}

async function writeReport(
  plan: RunPlan,
  finished: ReadonlyMap<string, FinishedStage>,
): Promise<RunReport> {
  const report = reportOf(plan, finished);
  await writeFileAtomic(join(plan.out, "report.json"), JSON.stringify(report, null, 2) + "\n");
  return report;
}

/** Kinds of stages by name, with the digest of the modules that implement them. */
type LoadedKinds = ReadonlyMap<string, ModulesDigest & { readonly kind: StageKind<never> }>;

/** Loads each kind once, with the digest of the modules that implement it. */
async function loadKinds(
  stages: readonly RunStage[],
  kinds: StageKinds,
): Promise<LoadedKinds> {
  const loaded = new Map<string, ModulesDigest & { readonly kind: StageKind<never> }>();
  for (const name of new Set(stages.map(({ kind }) => kind))) {
    if (!Object.hasOwn(kinds, name)) {
      throw new Error(
        `Cannot run a stage of kind ${name}: this version runs ${Object.keys(kinds).join(", ")}`,
      );
    }
    const kind = await kinds[name]();
    loaded.set(name, { kind, ...await digestOwnModules(kind.sources) });
  }
  return loaded;
}
