/**
 * The check of a pipeline's models: each is compiled with the sizes that are known, with the graphs that
 * train it.
 */

import { blocksOf } from "../model/blocks_of.ts";
import { compileModel } from "../model/compile_model.ts";
import { stepProgram } from "../model/step_program.ts";
import type { Problem } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import { locateIn, modelSizes } from "./stage_models.ts";

/** What is wrong with a model or with blocks of the pipeline; may throw it as a PipelineError. */
export function checkModel(
  resolved: ResolvedPipeline,
  name: string,
): readonly Problem[] {
  const problems: Problem[] = [];
  const { config } = resolved;
  const locate = locateIn(resolved);
  const blocks = blocksOf(config.blocks, locate, problems);
  if (problems.length === 0 && config.models[name].use !== undefined) {
    const source = { models: config.models, blocks, locate };
    const model = compileModel(source, name, modelSizes(config, name));
    const trainings = Object.values(config.stages).filter((stage) =>
      stage.kind === "train" && stage.model === name
    );
    // The size of the batch changes nothing that could be wrong.
    if (trainings.length > 0) stepProgram(model, { batch: 1, accumulate: 1, z_loss: 0 });
  }
  return problems;
}
