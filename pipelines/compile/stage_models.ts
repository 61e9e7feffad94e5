/** The models of a pipeline as the stages of a run get them. */

import type { Locate } from "../model/block.ts";
import type { CompileOptions, FolderModel } from "../model/compile_model.ts";
import type { BlockConfig, ModelConfig, PipelineConfig } from "../schema/definitions.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import type { Path, Place } from "../schema/tree.ts";
import type { StageModels } from "./stage_kind.ts";

/** Models and blocks with the places of their parts; JSON. */
export interface PlacedModels {
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly blocks: Readonly<Record<string, BlockConfig>>;
  /** The models with `from`, as their folders have them. */
  readonly folders: Readonly<Record<string, FolderModel>>;
  /** Where the value at a path stands, by the path as JSON. */
  readonly places: Readonly<Record<string, Place>>;
  /** The same for the key of the value. */
  readonly keys: Readonly<Record<string, Place>>;
}

/** How the compiler of models asks a resolved pipeline for places. */
export function locateIn({ place, keyPlace }: ResolvedPipeline): Locate {
  return (path, part) => part === "key" ? keyPlace(path) : place(path);
}

/** The models and blocks of a resolved pipeline, to be sent to a Worker. */
export function placeModels(
  { config, place, keyPlace }: ResolvedPipeline,
  folders: PlacedModels["folders"],
): PlacedModels {
  const { models, blocks } = config;
  const places: Record<string, Place> = {};
  const keys: Record<string, Place> = {};
  const walk = (value: unknown, path: Path): void => {
    const text = JSON.stringify(path);
    places[text] = place(path);
    keys[text] = keyPlace(path);
    if (typeof value !== "object" || value === null) return;
    const list = Array.isArray(value);
    for (const [key, item] of Object.entries(value)) {
      // Attributes are written beside the other keys.
      if (key === "attributes") walk(item, path);
      walk(item, [...path, list ? +key : key]);
    }
  };
  walk(models, ["models"]);
  walk(blocks, ["blocks"]);
  return { models, blocks, folders, places, keys };
}

/** How stages compile the models. The compiler is loaded here, for only some runs need it. */
export async function openModels({ places, keys, ...placed }: PlacedModels): Promise<StageModels> {
  const { compileModel } = await import("../model/compile_model.ts");
  const { modelSource } = await import("./model_source.ts");
  // The nearest place above a path that has none, as a resolved pipeline does it.
  const locate: Locate = (path, part) => {
    for (let end = path.length; end > 0; end--) {
      const known = part === "key" && end === path.length ? keys : places;
      const place = known[JSON.stringify(path.slice(0, end))];
      if (place !== undefined) return place;
    }
    throw new RangeError(`Cannot locate ${path.join(".")}: it is neither in models nor in blocks`);
  };
  const source = modelSource({ ...placed, locate });
  const { folders } = placed;
  return Object.assign(
    (name: string, options: CompileOptions) => compileModel(source, name, options),
    { folderOf: (name: string) => Object.hasOwn(folders, name) ? folders[name].folder : undefined },
  );
}

/** The models of a stage whose kind does not compute: it gets none. */
export function noModels(stage: string): StageModels {
  const refuse = (): never => {
    throw new Error(`Cannot compile a model in ${stage}: its kind does not compute`);
  };
  return Object.assign(refuse, { folderOf: refuse });
}

/** Sizes that a model takes from its data, as far as the pipeline tells them. */
export interface DataSizes {
  readonly vocab?: number;
  readonly seq?: number;
}

/** Sizes that data gives the model that learns from it or is measured on it. */
export function dataSizes(
  { stages }: Pick<PipelineConfig, "stages">,
  name: string,
): DataSizes {
  const data = Object.hasOwn(stages, name) ? stages[name] : undefined;
  if (data?.kind !== "tokenize") return {};
  const { seq, tokenizer: { vocab } } = data;
  return { seq, ...(vocab === undefined ? {} : { vocab }) };
}

/** Sizes that the data of its stages gives a model, each once; none without data. */
export function dataSizesOf(
  config: Pick<PipelineConfig, "stages">,
  model: string,
): readonly DataSizes[] {
  const found = new Map<string, DataSizes>();
  for (const stage of Object.values(config.stages)) {
    const uses = stage.kind === "train" && stage.model === model ||
      stage.kind === "eval" && stage.models.includes(model);
    if (!uses || stage.data === undefined) continue;
    const sizes = dataSizes(config, stage.data);
    found.set(`${sizes.seq} ${sizes.vocab}`, sizes);
  }
  return [...found.values()];
}
