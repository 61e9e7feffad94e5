/** The check of a pipeline's models: each is compiled with the sizes that are known. */

import { blocksOf } from "../model/blocks_of.ts";
import { compileModel } from "../model/compile_model.ts";
import type { Problem } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import { modelSizes } from "./stage_models.ts";

/** What is wrong with a model or with blocks of the pipeline; may throw it as a PipelineError. */
export function checkModel(
  { config, place }: ResolvedPipeline,
  name: string,
): readonly Problem[] {
  const problems: Problem[] = [];
  const blocks = blocksOf(config.blocks, place, problems);
  if (problems.length === 0 && config.models[name].use !== undefined) {
    const source = { models: config.models, blocks, locate: place };
    compileModel(source, name, modelSizes(config, name));
  }
  return problems;
}
