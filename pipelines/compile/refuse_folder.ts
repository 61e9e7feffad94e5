/** What a run must not write to: folders that are not its own, and the files that it reads. */

import { join, relative } from "node:path";
import { TEMPORARY_SUFFIX } from "../../runtime/atomic_file.ts";
import { FRESH } from "./fresh_stages.ts";
import { MANIFEST, readManifest } from "./manifest.ts";
import { LOCK } from "./run_lock.ts";
import { reachedStages, type RunPlan } from "./run_plan.ts";
import { isStageFolder, KEY_FILE, stageFolder } from "./stage_folder.ts";
import { RECORD } from "./stage_record.ts";

/** Files of a run folder that every run replaces or removes. */
const RUN_FILES = [LOCK, MANIFEST, FRESH, "report.json", "report.html", "error.txt"];
/** What a run that ended before its manifest was written leaves. */
const BEGUN = [LOCK, MANIFEST + TEMPORARY_SUFFIX];
/** What a stage that ended before its key was written leaves. */
const BEGUN_KEY = KEY_FILE + TEMPORARY_SUFFIX;

/**
 * Throws if the run would replace or remove something that no run has made, or that it is to read.
 * Nothing is written.
 */
export async function refuseFolder(plan: RunPlan): Promise<void> {
  await refuseRunFolder(plan.out);
  const folders = reachedStages(plan).map(({ id }) => stageFolder(plan.out, id));
  for (const { dir, partial, old } of folders) {
    for (const path of [dir, partial, old]) await refuseStageFolder(path);
  }
  const written = new Set([
    ...folders.flatMap(({ dir, partial, old }) => [dir, partial, old]),
    ...RUN_FILES.map((name) => join(plan.out, name)),
  ]);
  const read = plan.stages.flatMap(({ files }) => files.map(({ path }) => path));
  for (const path of [...read, ...plan.pipelineFiles]) {
    const [first] = relative(plan.out, path).split(/[/\\]/);
    if (!written.has(join(plan.out, first))) continue;
    throw new Error(
      `Cannot run in ${plan.out}: the run reads ${path} and would replace it; ` +
        "choose another --out",
    );
  }
}

/**
 * A run folder is new, empty, or has the manifest of a run or, if that is damaged, the folder of a
 * stage.
 */
async function refuseRunFolder(out: string): Promise<void> {
  const names = (await namesIn(out)).filter((name) => !BEGUN.includes(name));
  if (names.length === 0) return;
  try {
    if (await readManifest(out) !== undefined) return;
  } catch (error) {
    for (const name of names) {
      if (await isStageFolder(join(out, name))) return;
    }
    throw error;
  }
  throw new Error(
    `Cannot run in ${out}: it has ${names[0]} but no ${MANIFEST}, so it is not the folder of a ` +
      "run; choose another --out",
  );
}

/** A stage's folder is empty or shows that a run has made it. */
async function refuseStageFolder(folder: string): Promise<void> {
  const names = (await namesIn(folder)).filter((name) => name !== BEGUN_KEY);
  if (names.length === 0 || await isStageFolder(folder)) return;
  throw new Error(
    `Cannot write to ${folder}: it has ${names[0]} but no ${KEY_FILE}, nor a whole ${RECORD}, ` +
      "so it is not a stage's folder; move it away or choose another --out",
  );
}

/**
 * Names in a folder, sorted; none if there is nothing. What is there and is no folder is an error.
 */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (!(error instanceof Deno.errors.NotADirectory)) throw error;
    throw new Error(`Cannot write to ${folder}: it is not a folder; choose another --out`);
  }
}
