/**
 * From a resolved pipeline to a DAG of stages: references followed, inputs found, order decided.
 */

import type { PipelineConfig, StageConfig, StageKindName } from "../schema/definitions.ts";
import { stageDef } from "../schema/definitions.ts";
import type { ModelFolder } from "../model/hugging_face/read_folder.ts";
import type { FileSystem } from "../schema/file_system.ts";
import { unfill } from "../schema/fill.ts";
import { inOrder, PipelineError, problemAt } from "../schema/problem.ts";
import type { Problem } from "../schema/problem.ts";
import { unbroken } from "../schema/resolve.ts";
import type { Broken, ResolvedPipeline } from "../schema/resolve.ts";
import { checkBlocks } from "./_check_blocks.ts";
import { checkValues } from "./_check_values.ts";
import { findFolders, folderFiles } from "./_find_folders.ts";
import { findInputs } from "./_find_inputs.ts";
import type { StageFile } from "./_find_inputs.ts";
import { keyedModels } from "./_keyed_models.ts";
import { referencesOf, resolveReferences } from "./_references.ts";
import { sortGraph } from "./_sort_graph.ts";

export type { StageFile } from "./_find_inputs.ts";

/** A stage with everything it depends on. */
export interface Stage {
  readonly id: string;
  readonly kind: StageKindName;
  readonly config: StageConfig;
  /** Ids of the stages it reads, each once; they come before it in the pipeline. */
  readonly inputs: readonly string[];
  /** Names of the models it uses itself. */
  readonly models: readonly string[];
  /** Files it reads, each once. */
  readonly files: readonly StageFile[];
  /**
   * What of the configuration its result depends on, as plain data: its own without paths, whose
   * contents count instead, and the models and blocks it uses.
   */
  readonly keyConfig: unknown;
}

/** A pipeline that can be run. */
export interface Pipeline {
  readonly config: PipelineConfig;
  readonly resolved: ResolvedPipeline;
  /** The models with `from`, by name, as their folders have them. */
  readonly folders: Readonly<Record<string, ModelFolder>>;
  /** Each behind the stages it reads; otherwise in the order of the file. */
  readonly stages: readonly Stage[];
}

/** What compiling needs. */
export interface CompileOptions {
  readonly fs: FileSystem;
  /** Names of the blocks of the library; without them, references to blocks are not checked. */
  readonly library?: readonly string[];
  /** What was left out for being wrong: it is known, though not used. */
  readonly broken?: Broken;
  /** Files as shown to people, in the order in which problems are listed. */
  readonly names?: readonly string[];
}

/** Compiles a resolved pipeline. Throws a PipelineError with everything that is wrong with it. */
export function compilePipeline(resolved: ResolvedPipeline, options: CompileOptions): Pipeline {
  const { pipeline, problems } = tryCompile(resolved, options);
  if (pipeline === undefined) throw new PipelineError(problems);
  return pipeline;
}

/** Compiles as much of a pipeline as possible; `pipeline` is absent if there are problems. */
export function tryCompile(
  resolved: ResolvedPipeline,
  options: CompileOptions,
): {
  readonly pipeline?: Pipeline;
  readonly folders: Pipeline["folders"];
  readonly problems: readonly Problem[];
} {
  const { config } = resolved;
  const { fs, library, broken = unbroken, names = [] } = options;
  const problems = [...checkValues(resolved), ...checkBlocks(resolved, library, broken.blocks)];
  const { folders, problems: faults } = findFolders(resolved, fs);
  problems.push(...faults);
  const references = resolveReferences(resolved, broken);
  problems.push(...references.problems);
  const inputsOf = (id: string) => references.inputs.get(id) ?? [];
  const { order, circles } = sortGraph(Object.keys(config.stages), inputsOf);
  for (const { edge, names: around } of circles) {
    const message = around.length === 2
      ? `stage ${edge.to} reads itself`
      : `stages read each other in a circle: ${around.join(" -> ")}`;
    problems.push(problemAt(resolved.place(edge.path), "cycle", message));
  }
  const stages = order.map((id): Stage => {
    const stage = config.stages[id];
    const found = findInputs(resolved, id, fs);
    problems.push(...found.problems);
    const used = referencesOf(stage).map(({ name }) => name)
      .filter((name) => Object.hasOwn(config.models, name));
    const modelFiles = used.flatMap((name) => folderFiles(resolved, folders, name));
    const keyConfig = {
      ...(unfill(stageDef, stage, undefined) as Record<string, unknown>),
      ...keyedModels(config, used),
    };
    return {
      id,
      kind: stage.kind,
      config: stage,
      inputs: [...new Set(inputsOf(id).map(({ to }) => to))],
      models: used,
      files: eachOnce([...found.files, ...modelFiles]),
      keyConfig,
    };
  });
  if (problems.length > 0) return { folders, problems: inOrder(problems, names) };
  return { pipeline: { config, resolved, folders, stages }, folders, problems: [] };
}

function eachOnce(files: readonly StageFile[]): readonly StageFile[] {
  return [...new Map(files.toReversed().map((file) => [file.path, file])).values()].reverse();
}
