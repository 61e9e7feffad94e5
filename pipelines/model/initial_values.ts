/** Initial values of parameters, made on the host. */

import { sizeOf } from "../../graph/ir/tensor.ts";
import { createRandom, deriveSeed } from "../compile/random.ts";
import type { Parameter } from "./model.ts";

/**
 * The initial values of a parameter, row-major. Each parameter has a stream of its own made of `seed`
 * and its name, so a change elsewhere in the model leaves its values alone.
 */
export function initialValue({ name, type, init }: Parameter, seed: number): Float32Array {
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
