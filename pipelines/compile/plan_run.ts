/** From a compiled pipeline and the flags of a run to the plan of the run. */

import { join, resolve } from "node:path";
import { PipelineError, problemAt } from "../schema/problem.ts";
import { suggest } from "../schema/suggest.ts";
import {
  type AdapterFinder,
  chooseEngine,
  type EngineChoice,
  type EngineRequest,
} from "./choose_engine.ts";
import type { Pipeline } from "./compile.ts";
import type { RunPlan } from "./run_plan.ts";
import { placeModels } from "./stage_models.ts";

/** What a person may say about a run beside its pipeline. */
export interface RunFlags {
  /** The run folder; without it `runs/NAME`. */
  readonly out?: string;
  /** What computes; without it `auto`. */
  readonly engine?: EngineRequest;
  /** Workers per device; without it the cores divided by the devices. */
  readonly threads?: number;
  /** The last stage to run, and with it those it needs. */
  readonly until?: string;
  /** Runs every stage, whatever is cached. */
  readonly fresh?: boolean;
  /** Refuses inputs that differ from the manifest's. */
  readonly locked?: boolean;
  /** Profiles the stages that can be. */
  readonly profile?: boolean;
}

/**
 * Plans a run. `cwd` is the absolute folder of paths in flags, and of `runs/`. `find` looks for an
 * adapter where one may be used; without it the calling thread asks the drivers.
 */
export async function planRun(
  pipeline: Pipeline,
  flags: RunFlags,
  cwd: string,
  find?: AdapterFinder,
): Promise<RunPlan> {
  const { config, resolved, folders, stages } = pipeline;
  const { name, seed, mesh, precision } = config;
  const { until, fresh = false, locked = false, profile = false } = flags;
  if (flags.out?.trim() === "") {
    throw new Error("Cannot run in a folder without a name: --out is empty");
  }
  const out = flags.out === undefined ? join(cwd, "runs", name) : resolve(cwd, flags.out);
  if (until !== undefined && !Object.hasOwn(config.stages, until)) {
    const known = Object.keys(config.stages);
    const near = suggest(until, known);
    throw new Error(
      `Cannot run until ${until}: ${name} has no such stage, ` +
        (near === undefined ? `it has ${known.join(", ")}` : `did you mean "${near}"?`),
    );
  }
  return {
    name,
    seed,
    stages: stages.map((stage) => ({ ...stage, config: { ...stage.config } })),
    models: placeModels(resolved, folders),
    out,
    resolved: resolved.toYaml(out),
    pipelineFiles: resolved.files,
    engine: flags.engine === undefined || flags.engine === "auto"
      ? await autoEngine(pipeline, find)
      : await chooseEngine(flags.engine, find),
    threads: flags.threads ?? Math.max(1, navigator.hardwareConcurrency),
    devices: countDevices(pipeline),
    mesh: Object.fromEntries(Object.entries(mesh).map(([axis]) => [axis, 1])),
    precision,
    fresh,
    locked,
    ...(profile ? { profile } : {}),
    ...(until === undefined ? {} : { until }),
  };
}

/** The engine that is best here. A pipeline without models leaves the GPU alone. */
async function autoEngine(
  { config: { models } }: Pipeline,
  find?: AdapterFinder,
): Promise<EngineChoice> {
  if (Object.keys(models).length > 0) return await chooseEngine("auto", find);
  return { engine: "wasm", reason: "auto: there is no model to compute" };
}

/** The devices of the mesh. Only meshes of one device can be run. */
function countDevices({ config: { mesh }, resolved }: Pipeline): number {
  const problems = Object.entries(mesh).flatMap(([axis, size]) =>
    size === undefined || size === 1 || size === "auto" ? [] : [problemAt(
      resolved.place(["mesh", axis]),
      "mesh-size",
      `mesh.${axis} is ${size}`,
      { expected: "1: this version runs on one device, larger meshes are only checked" },
    )]
  );
  if (problems.length > 0) throw new PipelineError(problems);
  return 1;
}
