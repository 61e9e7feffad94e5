/** The initial values of all parameters of a model. */

import { initialValue } from "../../../pipelines/model/initial_values.ts";
import type { Model } from "../../../pipelines/model/model.ts";

/** The initial values by the parameter's name. */
export function initialValues(model: Model, seed: number): Map<string, Float32Array> {
  return new Map(
    model.parameters.map((parameter) => [parameter.name, initialValue(parameter, seed)]),
  );
}
