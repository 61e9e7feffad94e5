/** What models are that a pipeline measures as their folders have them. */

import { compileModel } from "../model/compile_model.ts";
import { describeModel, type ModelDescription } from "../model/describe_model.ts";
import type { Pipeline } from "./compile.ts";
import { modelSource } from "./model_source.ts";
import { dataSizesOf, locateIn } from "./stage_models.ts";

/** A model that is measured and not trained. */
export interface MeasuredPlan extends ModelDescription {
  /** Sizes of the dims; sequences are as long as those of the data, or else as the model allows. */
  readonly dims: Readonly<Record<string, number>>;
}

/** Describes every model that stages measure and none trains. */
export function planMeasured({ config, resolved, folders, stages }: Pipeline): MeasuredPlan[] {
  const source = modelSource({ ...config, folders, locate: locateIn(resolved) });
  const usedBy = (name: string, kind: string) =>
    stages.some((stage) => stage.kind === kind && stage.models.includes(name));
  return Object.keys(folders).filter((name) => usedBy(name, "eval") && !usedBy(name, "train"))
    .map((name) => {
      const [sizes] = dataSizesOf(config, name);
      const { positions } = compileModel(source, name);
      const model = compileModel(source, name, sizes ?? { seq: positions });
      return { ...describeModel(model), dims: model.dims };
    });
}
