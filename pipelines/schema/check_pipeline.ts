/** Everything that can be said about a pipeline before any work: what `check` prints. */

import { tryCompile } from "../compile/compile.ts";
import type { Pipeline } from "../compile/compile.ts";
import { disk } from "./file_system.ts";
import type { FileSystem } from "./file_system.ts";
import { inOrder, PipelineError, problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { tryResolve } from "./resolve.ts";
import type { ResolvedPipeline } from "./resolve.ts";

/** What a check needs. */
export interface CheckOptions {
  /** Values of `--set`: `path=value`. */
  readonly set?: readonly string[];
  /** Absolute folder against which `file` and paths in flags resolve. */
  readonly cwd: string;
  /** The disk, unless told otherwise. */
  readonly fs?: FileSystem;
  /** Names of the blocks of the library; without them, references to blocks are not checked. */
  readonly library?: readonly string[];
  /** Compiles a model of the pipeline and tells what is wrong with it. */
  readonly checkModel?: (
    resolved: ResolvedPipeline,
    folders: Pipeline["folders"],
    model: string,
  ) => readonly Problem[];
}

/** What a check found. */
export interface CheckResult {
  /** The pipeline, if it can be run. */
  readonly pipeline?: Pipeline;
  /** Everything that is wrong, in the order of the file. */
  readonly problems: readonly Problem[];
  /** Texts of the files read, by the name they are shown with. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Checks a pipeline file. Never throws for what a user wrote. */
export function checkPipeline(file: string, options: CheckOptions): CheckResult {
  const { set = [], cwd, fs = disk, library, checkModel } = options;
  const { resolved, broken, problems, names, texts } = tryResolve(file, {
    set,
    cwd,
    readText: (path) => fs.readText(path),
  });
  if (resolved === undefined) return { problems, texts };
  const compiled = tryCompile(resolved, {
    fs,
    broken,
    names,
    ...(library === undefined ? {} : { library }),
  });
  const found = [...problems, ...compiled.problems];
  // With other problems, stages may be what was meant.
  if (problems.length === 0 && Object.keys(resolved.config.stages).length === 0) {
    const expected = "one stage or more";
    found.push(problemAt(resolved.place(["stages"]), "no-stage", "no stages", { expected }));
  }
  const known = new Set(found.flatMap((problem) => [placeOf(problem), lineOf(problem)]));
  // Models that use a block which is wrong would only repeat that it is.
  const models = checkModel && broken.blocks.length === 0
    ? Object.keys(resolved.config.models)
    : [];
  for (const model of models) {
    for (
      const problem of checkedModel(() => checkModel?.(resolved, compiled.folders, model) ?? [])
    ) {
      if (!known.has(placeOf(problem)) && !known.has(lineOf(problem))) found.push(problem);
    }
  }
  if (found.length > 0) return { problems: inOrder(found, names), texts };
  return { ...(compiled.pipeline ? { pipeline: compiled.pipeline } : {}), problems: [], texts };
}

function placeOf({ file, line, column }: Problem): string {
  return `${file}:${line}:${column}`;
}

/** Where a problem is, for two checks that find the same one at different columns. */
function lineOf({ file, line, code }: Problem): string {
  return `${file}:${line} ${code}`;
}

/** The problems that `check` returns, or those of a PipelineError that it throws. */
function checkedModel(check: () => readonly Problem[]): readonly Problem[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof PipelineError) return error.problems;
    throw error;
  }
}
