/** Files that a run reads: their digests, checked against what the pipeline and the manifest say. */

import { relative } from "node:path";
import { digestFile, type FileDigest } from "./digest.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import type { RunPlan } from "./run_plan.ts";

/** Digests of the inputs by absolute path. */
export type InputDigests = ReadonlyMap<string, FileDigest>;

/** Digests every file that the stages of the run read. Content other than `sha256` says is an error. */
export async function digestInputs(plan: RunPlan): Promise<InputDigests> {
  const digests = new Map<string, FileDigest>();
  for (const { id, files } of plan.stages) {
    for (const { path, sha256, location } of files) {
      const digest = digests.get(path) ?? await digestFile(path);
      digests.set(path, digest);
      if (sha256 !== undefined && sha256 !== digest.sha256) {
        throw new Error(
          `${location}: Cannot run stage ${id}: the sha256 of ${path} is ${digest.sha256}, ` +
            `expected ${sha256}`,
        );
      }
    }
  }
  return digests;
}

/** Throws unless the inputs are those of the run folder's manifest. */
export async function checkLocked(plan: RunPlan, digests: InputDigests): Promise<void> {
  const manifest = await readManifest(plan.out);
  if (manifest === undefined) {
    throw new Error(
      `Cannot run locked: ${plan.out} has no manifest.json, run once without --locked`,
    );
  }
  const problems = [...digests].flatMap(([path, { sha256 }]) =>
    difference(manifest, relative(plan.out, path), sha256)
  );
  if (problems.length > 0) throw new Error(`Cannot run locked: ${problems.join("; ")}`);
}

function difference({ inputs }: Manifest, path: string, sha256: string): string[] {
  const was = inputs[path]?.sha256;
  if (was === sha256) return [];
  return was === undefined
    ? [`input ${path} is not in the manifest`]
    : [`the sha256 of input ${path} is ${sha256}, in the manifest it is ${was}`];
}
