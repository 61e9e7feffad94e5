/** The check of the weights that models are read from: names, shapes and types, no values. */

import { compileModel } from "../model/compile_model.ts";
import { checkParameters } from "../model/hugging_face/read_parameters.ts";
import { type Problem, problemAt } from "../schema/problem.ts";
import type { Pipeline } from "./compile.ts";
import { modelSource } from "./model_source.ts";
import { dataSizesOf, locateIn } from "./stage_models.ts";

/** Problems with the weight files of every model with `from`. */
export async function checkFolders(
  { config, resolved, folders }: Pick<Pipeline, "config" | "resolved" | "folders">,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const source = modelSource({ ...config, folders, locate: locateIn(resolved) });
  for (const [name, { folder }] of Object.entries(folders)) {
    const place = resolved.place(["models", name, "from"]);
    const [sizes = {}] = dataSizesOf(config, name);
    try {
      await checkParameters(folder, compileModel(source, name, sizes));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("Cannot "))) throw error;
      const message = error.message.replaceAll(folder, resolved.show(folder));
      problems.push(problemAt(place, "wrong-weights", message));
    }
  }
  return problems;
}
