/** `manifest.json`: what a run was made with. */

import { join, relative } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import { type CpuFacts, findCpuFacts } from "./cpu_facts.ts";
import { digestFile, type FileDigest } from "./digest.ts";
import type { RunPlan } from "./run_plan.ts";
import { packages, version } from "./versions.ts";

/** A file that stages read. */
export interface ManifestInput extends FileDigest {
  /** Their ids. */
  readonly stages: readonly string[];
}

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
  readonly engine: {
    readonly name: string;
    readonly reason: string;
    /** The adapter of webgpu. */
    readonly adapter?: string;
  };
  readonly threads: number;
  readonly devices: number;
  readonly mesh: Readonly<Record<string, number>>;
  readonly precision: Readonly<Record<string, string>>;
  /** The pipeline file and those it extends. */
  readonly pipeline: Readonly<Record<string, FileDigest>>;
  /** The files that stages read. */
  readonly inputs: Readonly<Record<string, ManifestInput>>;
  /** Digests of the sources of each kind, by kind. */
  readonly sources: Readonly<Record<string, string>>;
}

/** The manifest's name in a run folder. */
export const MANIFEST = "manifest.json";

/** Gathers the manifest of a run from its inputs and from the digests of sources by kind. */
export async function makeManifest(
  plan: RunPlan,
  inputs: Manifest["inputs"],
  sources: Readonly<Record<string, string>>,
): Promise<Manifest> {
  const pipeline: Record<string, FileDigest> = {};
  for (const path of plan.pipelineFiles) {
    pipeline[relative(plan.out, path)] = await digestFile(path);
  }
  const { name, seed, engine, threads, devices, mesh, precision } = plan;
  const { engine: engineName, ...rest } = engine;
  return {
    name,
    seed,
    versions: { sluice: version, ...Deno.version },
    packages: Object.values(packages).filter((target) => target.startsWith("npm:")),
    system: Deno.build.target,
    cpu: findCpuFacts(),
    engine: { name: engineName, ...rest },
    threads,
    devices,
    mesh,
    precision,
    pipeline,
    inputs,
    sources,
  };
}

/** Writes the manifest of a run folder. */
export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  await writeFileAtomic(join(dir, MANIFEST), JSON.stringify(manifest, null, 2) + "\n");
}

/** The manifest of a run folder, undefined if there is none. One that no run wrote is an error. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  const path = join(dir, MANIFEST);
  let manifest: unknown;
  try {
    manifest = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (isManifest(manifest)) return manifest;
  throw new Error(
    `Cannot read ${path}: it is not the manifest of a run; choose another --out, or remove it ` +
      "with everything that the run made",
  );
}

function isManifest(value: unknown): value is Manifest {
  if (!isMap(value)) return false;
  const { name, seed, versions, inputs } = value;
  return typeof name === "string" && typeof seed === "number" &&
    isMap(versions) && typeof versions.sluice === "string" &&
    isMap(inputs) &&
    Object.values(inputs).every((input) =>
      isMap(input) && typeof input.sha256 === "string" && typeof input.bytes === "number" &&
      Array.isArray(input.stages)
    );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
