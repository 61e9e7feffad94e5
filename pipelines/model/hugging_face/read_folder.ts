/**
 * A folder in the layout of Hugging Face as a model of a pipeline: what its config.json stands for.
 */

import { basename, join } from "node:path";
import { INDEX, shardsOf, WEIGHTS } from "../../../runtime/safetensors_folder.ts";
import { blockDef, modelDef } from "../../schema/definitions.ts";
import type { FileSystem } from "../../schema/file_system.ts";
import { fill } from "../../schema/fill.ts";
import type { Def } from "../../schema/shape.ts";
import { grow, type Path, type Place } from "../../schema/tree.ts";
import { validate } from "../../schema/validate.ts";
import { parseHeader, STATE } from "../../train/checkpoint_header.ts";
import type { FolderModel } from "../compile_model.ts";
import { configReader, type Json } from "./config_reader.ts";
import { GENERATION_CONFIG, TOKENIZER_FILES } from "./folder_files.ts";
import { layoutOf, layouts, SLUICE } from "./layouts.ts";

/** A folder that a model can be read from. */
export interface ModelFolder extends FolderModel {
  /**
   * Absolute paths: config.json, those with weights, and of `folder_files.ts` those that are there.
   */
  readonly files: readonly string[];
  /**
   * What these files must be, if the folder is a checkpoint that tells: SHA-256 by absolute path.
   */
  readonly digests: Readonly<Record<string, string>>;
}

/** Why a folder is no model. */
export interface FolderFault {
  /** Begins with the name of the folder or of a file in it. */
  readonly message: string;
  readonly expected?: string;
}

/** Reads the config.json of a folder and finds its files; weights are not opened. */
export function readFolder(
  folder: string,
  fs: Pick<FileSystem, "kind" | "readText">,
): ModelFolder | FolderFault {
  const isFile = (name: string) => fs.kind(join(folder, name)) === "file";
  const kind = fs.kind(folder);
  if (kind === undefined) return { message: `there is no folder ${folder}` };
  if (kind !== "folder") return { message: `${folder} is no folder` };
  if (!isFile("config.json")) {
    return { message: `${folder} has no config.json`, expected: "a folder of Hugging Face" };
  }
  try {
    const config = parseConfig(join(folder, "config.json"), fs);
    const weights = weightFiles(folder, fs);
    const files = ["config.json", ...weights];
    const lost = files.find((name) => !isFile(name));
    if (lost !== undefined) return { message: `${folder} has no ${lost}, which ${INDEX} lists` };
    const others = [...TOKENIZER_FILES, GENERATION_CONFIG].filter(isFile);
    return {
      folder,
      ...modelOf(join(folder, "config.json"), config),
      files: [...files, ...others].map((name) => join(folder, name)),
      digests: isFile(STATE) ? digestsOf(folder, fs) : {},
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { message, expected } = error;
    return { message, ...(expected === undefined ? {} : { expected }) };
  }
}

/** A FolderFault on its way. */
class Fault extends Error {
  constructor(message: string, readonly expected?: string) {
    super(message);
  }
}

function parseConfig(path: string, fs: Pick<FileSystem, "readText">): Json {
  let config: unknown;
  try {
    config = JSON.parse(fs.readText(path));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Fault(`${path} cannot be read: ${error.message}`);
  }
  if (typeof config === "object" && config !== null && !Array.isArray(config)) {
    return config as Json;
  }
  throw new Fault(`${path} is no JSON map`);
}

/** The digests that a checkpoint's state.json lists. */
function digestsOf(
  folder: string,
  fs: Pick<FileSystem, "readText">,
): Readonly<Record<string, string>> {
  const header = parseHeader(fs.readText(join(folder, STATE)));
  if (header === undefined) {
    throw new Fault(
      `${join(folder, STATE)} is damaged`,
      "what a training wrote, or no such file: it tells what the others must be",
    );
  }
  const entries = Object.entries(header.files);
  return Object.fromEntries(entries.map(([path, sha256]) => [join(folder, path), sha256]));
}

/** Names of the files that hold the weights. */
function weightFiles(folder: string, fs: Pick<FileSystem, "kind" | "readText">): readonly string[] {
  const isFile = (name: string) => fs.kind(join(folder, name)) === "file";
  if (isFile(WEIGHTS)) return [WEIGHTS];
  if (isFile(INDEX)) {
    try {
      return [INDEX, ...shardsOf(INDEX, fs.readText(join(folder, INDEX)))];
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new Fault(`${folder}: ${error.message}`);
    }
  }
  const pickled = ["pytorch_model.bin", "pytorch_model.bin.index.json"].find(isFile);
  if (pickled === undefined) throw new Fault(`${folder} has neither ${WEIGHTS} nor ${INDEX}`);
  throw new Fault(
    `${folder} has its weights in ${pickled}`,
    `${WEIGHTS}: load it in transformers and save it again`,
  );
}

function modelOf(path: string, config: Json): Pick<FolderModel, "model" | "blocks"> {
  const layout = layoutOf(config.model_type);
  if (layout === undefined) {
    const known = [...Object.keys(layouts), SLUICE].join(" or ");
    const { model_type: found } = config;
    throw new Fault(
      `${path} has ${
        found === undefined ? "no model_type" : `model_type ${JSON.stringify(found)}`
      }`,
      known,
    );
  }
  if (layout === SLUICE) return sluiceModel(path, config.sluice);
  const problems: string[] = [];
  const reader = configReader(config, problems);
  const model = layout.read(reader);
  reader.end();
  if (problems.length === 0) return { model, blocks: {} };
  const type = basename(String(config.model_type));
  throw new Fault(`${path} is of a ${type} that cannot be represented: ${problems.join("; ")}`);
}

/** A model that config.json holds as it was written in a pipeline. */
function sluiceModel(path: string, definition: unknown): Pick<FolderModel, "model" | "blocks"> {
  if (typeof definition !== "object" || definition === null) {
    throw new Fault(`${path} has no definition of the model under "sluice"`);
  }
  const { model = null, blocks } = definition as Json;
  const parts = Object.entries((blocks ?? {}) as Json).map(([name, block]) =>
    [name, fromJson(path, ["sluice", "blocks", name], blockDef, block)] as const
  );
  const read = fromJson(path, ["sluice", "model"], modelDef, model);
  if (read.use === undefined) throw new Fault(`${path} is damaged: sluice.model has no use`);
  return { model: read, blocks: Object.fromEntries(parts) };
}

function fromJson<T>(path: string, under: Path, def: Def<T>, value: unknown): T {
  const place: Place = { source: { name: path, folder: "/", flag: false }, line: 1, column: 1 };
  const tree = grow(value, place);
  const [found] = validate(def, tree, under);
  if (found === undefined) return fill(def, tree, { stages: new Set() });
  throw new Fault(`${path} is damaged: ${found.problem.message}`);
}
