/** The check of the weights that models are read from: names, shapes and types, no values. */

import { compileModel } from "../model/compile_model.ts";
import { checkParameters } from "../model/hugging_face/read_parameters.ts";
import { type Problem, problemAt } from "../schema/problem.ts";
import type { Pipeline } from "./compile.ts";
import { modelSource } from "./model_source.ts";
import { locateIn, trainedSizes } from "./stage_models.ts";

/** Problems with the weight files of every model with `from`, and with tokenizers that stages need. */
export async function checkFolders(
  { config, resolved, folders }: Pick<Pipeline, "config" | "resolved" | "folders">,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const source = modelSource({ ...config, folders, locate: locateIn(resolved) });
  for (const [name, { folder, tokenizerFiles }] of Object.entries(folders)) {
    const place = resolved.place(["models", name, "from"]);
    const [sizes = {}] = trainedSizes(config, name);
    try {
      await checkParameters(folder, compileModel(source, name, sizes));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("Cannot "))) throw error;
      const message = error.message.replaceAll(folder, resolved.show(folder));
      problems.push(problemAt(place, "wrong-weights", message));
    }
    const measured = Object.entries(config.stages).find(([, stage]) =>
      stage.kind === "eval" && stage.models.includes(name)
    );
    if (measured === undefined || tokenizerFiles.some((path) => path.endsWith("tokenizer.json"))) {
      continue;
    }
    const message = `${resolved.show(folder)} has no tokenizer.json, which ${measured[0]} needs`;
    problems.push(problemAt(place, "missing-file", message));
  }
  return problems;
}
