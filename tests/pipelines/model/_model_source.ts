/** Models and blocks from a YAML text, as the front resolves them. */

import { modelSource as sourceOf } from "../../../pipelines/compile/model_source.ts";
import type { StageModels } from "../../../pipelines/compile/stage_kind.ts";
import {
  compileModel,
  type CompileOptions,
  type ModelSource,
} from "../../../pipelines/model/compile_model.ts";
import { PipelineError, type Problem } from "../../../pipelines/schema/problem.ts";
import { resolvePipeline } from "../../../pipelines/schema/resolve.ts";
import type { Path } from "../../../pipelines/schema/tree.ts";

/**
 * Reads `models` and `blocks` of a pipeline, `set` as by `--set`. Throws a PipelineError for what
 * is wrong with them.
 */
export function modelSource(text: string, set: readonly string[] = []): ModelSource {
  const { config, place, keyPlace } = resolvePipeline("pipeline.yaml", {
    cwd: "/",
    set,
    readText: () => `${text}\nversion: 1\nname: test\nstages: {}\n`,
  });
  const locate = (path: Path, part?: "key") => part === "key" ? keyPlace(path) : place(path);
  const problems: Problem[] = [];
  const source = sourceOf({ ...config, folders: {}, locate }, problems);
  if (problems.length > 0) throw new PipelineError(problems);
  return source;
}

/** How stages get the models of a source. */
export function stageModels(source: ModelSource): StageModels {
  const { folders } = source;
  return Object.assign(
    (name: string, sizes: CompileOptions) => compileModel(source, name, sizes),
    { folderOf: (name: string) => folders[name]?.folder },
  );
}
