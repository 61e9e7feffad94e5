/**
 * The check of a pipeline's models: each is compiled with the graphs that train it, for the sizes
 * of the data of each stage as far as they are known.
 */

import { compileModel, type ModelSource } from "../model/compile_model.ts";
import { stepProgram } from "../model/step_program.ts";
import type { Problem } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import { modelSource } from "./model_source.ts";
import { dataSizesOf, locateIn } from "./stage_models.ts";

/** What is wrong with a model or with blocks of the pipeline; may throw it as a PipelineError. */
export function checkModel(
  resolved: ResolvedPipeline,
  folders: ModelSource["folders"],
  name: string,
): readonly Problem[] {
  const problems: Problem[] = [];
  const { config } = resolved;
  const source = modelSource({ ...config, folders, locate: locateIn(resolved) }, problems);
  const isFolder = Object.hasOwn(folders, name);
  const { use, from } = config.models[name];
  // Without one of them, or with both, it is no model, which is a problem of its own.
  if (problems.length > 0 || !isFolder && (use === undefined || from !== undefined)) {
    return problems;
  }
  const sizesOfData = dataSizesOf(config, name);
  if (sizesOfData.length === 0) compileModel(source, name);
  for (const sizes of sizesOfData) {
    const model = compileModel(source, name, sizes);
    // The size of the batch changes nothing that could be wrong.
    stepProgram(model, { batch: 1, accumulate: 1, z_loss: 0 });
  }
  return problems;
}
