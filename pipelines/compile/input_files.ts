/**
 * Files that a run reads: their digests, checked against what the pipeline and the manifest say.
 */

import { dirname, relative } from "node:path";
import { digestFile, type FileDigest } from "./digest.ts";
import { type Manifest, type ManifestInput, readManifest } from "./manifest.ts";
import { reachedStages, type RunPlan } from "./run_plan.ts";

/** Digests of the inputs by absolute path. */
export type InputDigests = ReadonlyMap<string, FileDigest>;

/**
 * Digests every file that the stages which the run reaches read. Content other than `sha256` says
 * is an error.
 */
export async function digestInputs(plan: RunPlan): Promise<InputDigests> {
  const digests = new Map<string, FileDigest>();
  for (const { id, files } of reachedStages(plan)) {
    for (const { path, sha256, listedIn, location } of files) {
      const digest = digests.get(path) ?? await digestFile(path);
      digests.set(path, digest);
      if (sha256 !== undefined && sha256 !== digest.sha256) {
        throw new Error(
          `${location}: Cannot run stage ${id}: the sha256 of ${path} is ${digest.sha256}, ` +
            `expected ${sha256}` +
            (listedIn === undefined
              ? ""
              : ` as ${listedIn} has it; if it was changed on purpose, remove ${
                dirname(listedIn)
              }`),
        );
      }
    }
  }
  return digests;
}

/**
 * The inputs as a manifest lists them. Those of stages that the run does not reach stay as the
 * manifest that is there has them; one that is damaged has none.
 */
export async function manifestInputs(
  plan: RunPlan,
  digests: InputDigests,
): Promise<Manifest["inputs"]> {
  const inputs: Record<string, ManifestInput> = {};
  const add = (path: string, { sha256, bytes }: FileDigest, stage: string) => {
    inputs[path] = { sha256, bytes, stages: [...inputs[path]?.stages ?? [], stage] };
  };
  const reached = reachedStages(plan);
  for (const { id, files } of reached) {
    for (const { path } of files) add(relative(plan.out, path), digests.get(path)!, id);
  }
  const left = plan.stages.filter((stage) => !reached.includes(stage)).map(({ id }) => id);
  const before = (await readManifest(plan.out).catch(() => undefined))?.inputs ?? {};
  for (const [path, input] of Object.entries(before)) {
    for (const id of input.stages.filter((id) => left.includes(id))) {
      // A file that a reached stage reads too is known better by now.
      add(path, inputs[path] ?? input, id);
    }
  }
  return inputs;
}

/** Throws unless the inputs are those of the run folder's manifest. */
export async function checkLocked(plan: RunPlan, digests: InputDigests): Promise<void> {
  const manifest = await readManifest(plan.out);
  if (manifest === undefined) {
    throw new Error(
      `Cannot run locked: ${plan.out} has no manifest.json, run once without --locked`,
    );
  }
  const reached = new Set(reachedStages(plan).map(({ id }) => id));
  const left = plan.stages.map(({ id }) => id).filter((id) => !reached.has(id));
  const read = new Map([...digests].map(([path, digest]) => [relative(plan.out, path), digest]));
  const problems = [...read].flatMap(([path, { sha256 }]) => difference(manifest, path, sha256));
  for (const [path, { stages }] of Object.entries(manifest.inputs)) {
    if (!read.has(path) && !stages.some((id) => left.includes(id))) {
      problems.push(`input ${path} of the manifest is gone`);
    }
  }
  if (problems.length > 0) throw new Error(`Cannot run locked: ${problems.join("; ")}`);
}

function difference({ inputs }: Manifest, path: string, sha256: string): string[] {
  const was = Object.hasOwn(inputs, path) ? inputs[path].sha256 : undefined;
  if (was === sha256) return [];
  return was === undefined
    ? [`input ${path} is not in the manifest`]
    : [`the sha256 of input ${path} is ${sha256}, in the manifest it is ${was}`];
}
