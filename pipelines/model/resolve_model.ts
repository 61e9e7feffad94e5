/** Resolves a model of a pipeline: follows `extends`, and keeps where each of its parts stands. */

import type { Attribute, Filler, ModelConfig } from "../schema/definitions.ts";
import type { Path, Place } from "../schema/tree.ts";
import { type Filling, type Locate, readFilling } from "./block.ts";
import { known, pipelineError } from "./_node_error.ts";

/** A value and where it was written. */
export interface Placed<T> {
  readonly value: T;
  readonly place: Place;
}

/** A model with everything it inherits. */
export interface ModelDefinition {
  readonly name: string;
  readonly place: Place;
  readonly dims: ReadonlyMap<string, Placed<number | "auto">>;
  /** The block that is the model, with attributes and slots. */
  readonly filling: Filling;
  /** Where an attribute was written. */
  locate(attribute: string): Place;
}

/**
 * Resolves model `name` of the pipeline's `models`. The maps of a model (`dims`, `with`, attributes)
 * merge key by key with those of the model it extends. Throws a PipelineError for unknown models,
 * cycles, and models without a block.
 */
export function resolveModel(
  models: Readonly<Record<string, ModelConfig>>,
  name: string,
  locate: Locate,
): ModelDefinition {
  const place = locate(["models", name]);
  const dims = new Map<string, Placed<number | "auto">>();
  const attrs = new Map<string, Placed<Attribute>>();
  const fillers = new Map<string, { readonly filler: Filler; readonly path: Path }>();
  let use: Placed<string> | undefined;
  for (const each of lineage(models, name, locate)) {
    const config = models[each];
    const path = ["models", each];
    if (config.from !== undefined) {
      const message = `model ${each} is read from a folder, it has no blocks`;
      throw pipelineError(locate([...path, "from"]), "model-form", message);
    }
    if (config.use !== undefined) {
      // The base's attributes and slots belong to the base's block.
      if (use && use.value !== config.use) { for (const map of [attrs, fillers]) map.clear(); }
      use = { value: config.use, place: locate([...path, "use"]) };
    }
    for (const [dim, value] of Object.entries(config.dims)) {
      dims.set(dim, { value, place: locate([...path, "dims", dim]) });
    }
    for (const [attr, value] of Object.entries(config.attributes)) {
      attrs.set(attr, { value, place: locate([...path, attr]) });
    }
    for (const [slot, filler] of Object.entries(config.with ?? {})) {
      fillers.set(slot, { filler, path: [...path, "with", slot] });
    }
  }
  if (!use) {
    throw pipelineError(place, "model-form", `model ${name} has no use`, {
      expected: "the block it is, such as use: decoder",
    });
  }
  const { value: target, place: usePlace } = use;
  const slots = [...fillers].map(([slot, { filler, path }]) =>
    [slot, readFilling(filler, path, locate)] as const
  );
  const fields = Object.fromEntries([...attrs].map(([attr, { value }]) => [attr, value]));
  const filling: Filling = {
    kind: "use",
    target,
    fields,
    slots: Object.fromEntries(slots),
    place: usePlace,
  };
  return { name, place, dims, filling, locate: (attr) => attrs.get(attr)?.place ?? usePlace };
}

/** The model and those it extends, the farthest base first. */
function lineage(
  models: Readonly<Record<string, ModelConfig>>,
  name: string,
  locate: Locate,
): string[] {
  const chain: string[] = [];
  let path: Path = ["models", name];
  for (let next: string | undefined = name; next !== undefined; next = models[next].extends) {
    if (!Object.hasOwn(models, next)) {
      const more = known(next, Object.keys(models));
      throw pipelineError(locate(path), "unknown-model", `unknown model "${next}"`, more);
    }
    if (chain.includes(next)) {
      const cycle = [...chain, next].join(" -> ");
      throw pipelineError(locate(path), "model-cycle", `model ${name} extends itself: ${cycle}`);
    }
    chain.push(next);
    path = ["models", next, "extends"];
  }
  return chain.reverse();
}
