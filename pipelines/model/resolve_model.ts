/** A model of a pipeline with the places of its parts. */

import type { ModelConfig } from "../schema/definitions.ts";
import type { Place } from "../schema/tree.ts";
import { type Filling, type Locate, readFilling } from "./block.ts";
import { known, pipelineError } from "./_node_error.ts";

/** A value and where it was written. */
export interface Placed<T> {
  readonly value: T;
  readonly place: Place;
}

/** A model: a block with what was given to it, and sizes. */
export interface ModelDefinition {
  readonly name: string;
  readonly place: Place;
  /** Where its name stands. */
  readonly keyPlace: Place;
  readonly dims: ReadonlyMap<string, Placed<number | "auto">>;
  /** The block that is the model, with attributes and slots. */
  readonly filling: Filling;
  /** Where `use` or an attribute was written. */
  locate(field: string, part?: "key"): Place;
}

/**
 * Reads model `name` of a resolved pipeline, whose models are complete. Throws a PipelineError for an
 * unknown model and for one without a block.
 */
export function resolveModel(
  models: Readonly<Record<string, ModelConfig>>,
  name: string,
  locate: Locate,
): ModelDefinition {
  const path = ["models", name];
  if (!Object.hasOwn(models, name)) {
    const more = known(name, Object.keys(models));
    throw pipelineError(locate(["models"]), "unknown-model", `unknown model "${name}"`, more);
  }
  const { use, dims, with: fillers = {}, attributes } = models[name];
  if (use === undefined) {
    const message = `model ${name} has no use`;
    const expected = "the block it is, such as use: decoder";
    throw pipelineError(locate(path), "model-form", message, { expected });
  }
  const placed = Object.entries(dims).map(([dim, value]) =>
    [dim, { value, place: locate([...path, "dims", dim]) }] as const
  );
  return {
    name,
    place: locate(path),
    keyPlace: locate(path, "key"),
    dims: new Map(placed),
    filling: {
      ...readFilling({ with: fillers, attributes }, path, locate),
      target: use,
      place: locate([...path, "use"]),
    },
    locate: (field, part) => locate([...path, field], part),
  };
}
