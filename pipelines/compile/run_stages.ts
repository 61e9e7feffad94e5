/** Carries out a run: the stages in order, and the files of the run folder beside them. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeIfThere, writeFileAtomic } from "../../runtime/atomic_file.ts";
import { PipelineError } from "../schema/problem.ts";
import { writeRunPage } from "../report/write_run_page.ts";
import { digestModules, type ModulesDigest } from "./digest_modules.ts";
import { checkLocked, digestInputs, manifestInputs } from "./input_files.ts";
import { makeManifest, writeManifest } from "./manifest.ts";
import { lockRun } from "./run_lock.ts";
import { refuseFolder } from "./refuse_folder.ts";
import { reachedStages, type RunPlan, type RunStage } from "./run_plan.ts";
import { describeStage, reportOf, type RunReport } from "./run_report.ts";
import { type FinishedStage, type RunHost, runStage } from "./run_stage.ts";
import type { StageKind } from "./stage_kind.ts";
import { type StageKinds, stageKinds } from "./stage_kinds.ts";
import { openModels } from "./stage_models.ts";

/** The project's root, against which `sources` of kinds resolve. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Thrown when a run was stopped by its signal. What is finished stays; the rest resumes. */
export class RunInterrupted extends Error {
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
  await makeFolder(plan.out);
  const lock = await lockRun(plan.out);
  try {
    await removeIfThere(join(plan.out, ERROR_FILE));
    const sources = Object.fromEntries([...loaded].map(([name, { sources }]) => [name, sources]));
    // Comes before resolved.yaml is written, which may be the very pipeline that is run.
    const manifest = await makeManifest(plan, await manifestInputs(plan, files), sources);
    // Comes first: it is what tells a run folder from other folders.
    await writeManifest(plan.out, manifest);
    await writeFileAtomic(join(plan.out, "resolved.yaml"), plan.resolved);
    const finished = new Map<string, FinishedStage>();
    let models: ReturnType<typeof openModels> | undefined;
    let running = "";
    try {
      for (const stage of reachedStages(plan)) {
        running = stage.id;
        throwIfAborted(host.signal);
        const ran = runStage(plan, stage, {
          ...loaded.get(stage.kind)!,
          files,
          finished,
          openModels: () => models ??= openModels(plan.models),
          host,
        });
        const done = await (host.failure === undefined ? ran : Promise.race([ran, host.failure]));
        finished.set(stage.id, done);
        const { stages } = await writeReport(plan, finished);
        host.log(`${stage.id}: ${describeStage(stages[stage.id])}`);
      }
    } catch (error) {
      // They are an extra here: that they cannot be written must not hide why the run ended.
      await writeReport(plan, finished).then((report) => writeRunPage(plan, report)).catch(
        () => {},
      );
      throwIfAborted(host.signal);
      await writeFileAtomic(join(plan.out, ERROR_FILE), traceOf(error));
      // Problems with the pipeline say where they are.
      if (error instanceof PipelineError) throw error;
      throw new Error(`${running}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
    const report = reportOf(plan, finished);
    await writeRunPage(plan, report);
    return report;
  } finally {
    await lock.release();
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot make the run folder: ${reason}`);
  }
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

/** Loads each kind once, with the digest of the modules that implement it. */
async function loadKinds(stages: readonly RunStage[], kinds: StageKinds) {
  const loaded = new Map<string, ModulesDigest & { kind: StageKind<never> }>();
  for (const name of new Set(stages.map(({ kind }) => kind))) {
    if (!Object.hasOwn(kinds, name)) {
      throw new Error(
        `Cannot run a stage of kind ${name}: this version runs ${Object.keys(kinds).join(", ")}`,
      );
    }
    const kind = await kinds[name]();
    loaded.set(name, { kind, ...await digestModules(ROOT, kind.sources) });
  }
  return loaded;
}
