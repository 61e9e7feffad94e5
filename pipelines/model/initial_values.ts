/** Initial values of parameters, made on the host. */

import { sizeOf } from "../../graph/ir/tensor.ts";
import { createRandom, deriveSeed } from "../compile/random.ts";
import { readParameters } from "./hugging_face/read_parameters.ts";
import type { Model, Parameter } from "./model.ts";

/** Each parameter of a model with the values that its training begins with. */
export async function* initialParameters(
  { folder, parameters }: Pick<Model, "folder" | "parameters">,
  seed: number,
): AsyncGenerator<readonly [name: string, values: Float32Array]> {
  if (folder !== undefined) return yield* readParameters(folder, { parameters });
  for (const parameter of parameters) yield [parameter.name, initialValue(parameter, seed)];
}

/**
 * The initial values of a parameter, row-major. Each parameter has a stream of its own made of
 * `seed` and its name, so a change elsewhere in the model leaves its values alone.
 */
export function initialValue(
  { name, type, init }: Pick<Parameter, "name" | "type" | "init">,
  seed: number,
): Float32Array {
  const values = new Float32Array(sizeOf(type));
  if (init.kind === "constant") return values.fill(init.value);
  const random = createRandom(deriveSeed(seed, "parameter", name));
  for (let i = 0; i < values.length; i++) {
    values[i] = init.kind === "normal"
      ? random.normal() * init.std
      : (2 * random.uniform() - 1) * init.bound;
  }
  return values;
}
