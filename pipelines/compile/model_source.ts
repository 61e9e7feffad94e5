/** What the compiler of models is given: the models and blocks of a pipeline. */

import { blocksOf } from "../model/blocks_of.ts";
import type { ModelSource } from "../model/compile_model.ts";
import type { Problem } from "../schema/problem.ts";
import { keyedModels } from "./_keyed_models.ts";
import type { PlacedModels } from "./stage_models.ts";

/** What is wrong with a block of the pipeline is added to `problems`. */
export function modelSource(
  { models, blocks, folders, locate }:
    & Pick<PlacedModels, "models" | "blocks" | "folders">
    & Pick<ModelSource, "locate">,
  problems: Problem[] = [],
): ModelSource {
  return {
    models,
    folders,
    locate,
    blocks: blocksOf(blocks, locate, problems),
    define(name) {
      const known = Object.hasOwn(folders, name)
        ? { models: { [name]: folders[name].model }, blocks: folders[name].blocks }
        : { models, blocks };
      const { models: [model] = [{}], blocks: own = {} } = keyedModels(known, [name]);
      return { model, blocks: own };
    },
  };
}
