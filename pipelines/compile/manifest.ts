/** `manifest.json`: what a run was made with. */

import { join, relative } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import config from "../../deno.json" with { type: "json" };
import { type CpuFacts, findCpuFacts } from "./cpu_facts.ts";
import { digestFile, type FileDigest } from "./digest.ts";
import type { RunPlan } from "./run_plan.ts";

/** The content of a manifest.json. Paths are relative to its folder. */
export interface Manifest {
  readonly name: string;
  readonly seed: number;
  /** Of Sluice, Deno and its parts. */
  readonly versions: Readonly<Record<string, string>>;
  /** npm packages as `deno.json` names them. */
  readonly packages: readonly string[];
  readonly system: string;
  readonly cpu: CpuFacts;
  readonly engine: { readonly name: string; readonly reason: string };
  readonly threads: number;
  readonly devices: number;
  readonly mesh: Readonly<Record<string, number>>;
  readonly precision: Readonly<Record<string, string>>;
  /** The pipeline file and those it extends. */
  readonly pipeline: Readonly<Record<string, FileDigest>>;
  /** The files that stages read. */
  readonly inputs: Readonly<Record<string, FileDigest>>;
  /** Digests of the sources of each kind, by kind. */
  readonly sources: Readonly<Record<string, string>>;
}

const FILE = "manifest.json";

/** Gathers the manifest of a run. */
export async function makeManifest(
  plan: RunPlan,
  inputs: ReadonlyMap<string, FileDigest>,
  sources: Readonly<Record<string, string>>,
): Promise<Manifest> {
  const pipeline: Record<string, FileDigest> = {};
  for (const path of plan.pipelineFiles) {
    pipeline[relative(plan.out, path)] = await digestFile(path);
  }
  const { name, seed, engine, threads, devices, mesh, precision } = plan;
  return {
    name,
    seed,
    versions: { sluice: config.version, ...Deno.version },
    packages: Object.values(config.imports).filter((target) => target.startsWith("npm:")),
    system: Deno.build.target,
    cpu: findCpuFacts(),
    engine: { name: engine.engine, reason: engine.reason },
    threads,
    devices,
    mesh,
    precision,
    pipeline,
    inputs: Object.fromEntries(
      [...inputs].map(([path, digest]) => [relative(plan.out, path), digest]),
    ),
    sources,
  };
}

/** Writes the manifest of a run folder. */
export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  await writeFileAtomic(join(dir, FILE), JSON.stringify(manifest, null, 2) + "\n");
}

/** The manifest of a run folder, undefined if there is none. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(join(dir, FILE))) as Manifest;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
