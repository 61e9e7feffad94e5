/** From a pipeline file to a resolved pipeline: everything in one form, nothing left out. */

import { isAbsolute, relative, resolve } from "node:path";
import { shapeOf } from "./shape.ts";
import type { Def } from "./shape.ts";
import { pipelineDef } from "./definitions.ts";
import type { PipelineConfig } from "./definitions.ts";
import { extendModels } from "./_extend_models.ts";
import { readExtended } from "./_read_extended.ts";
import { setValue } from "./_set_value.ts";
import { fill, unfill } from "./fill.ts";
import { merge } from "./merge.ts";
import { formatPlace, inOrder, PipelineError } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { grow, locate, plain } from "./tree.ts";
import type { Branch, Entry, Path, Place, Tree } from "./tree.ts";
import { validate } from "./validate.ts";
import { writeYaml } from "./write_yaml.ts";

/** What resolving needs. */
export interface ResolveOptions {
  /** Values of `--set`: `path=value`, in order; the last of a path wins. */
  readonly set?: readonly string[];
  /** Absolute folder against which `file` and paths in flags resolve. */
  readonly cwd: string;
  /** The text of a file, by absolute path. Throws an Error that says in words why it cannot. */
  readonly readText: (path: string) => string;
}

/** A pipeline, resolved. */
export interface ResolvedPipeline {
  readonly config: PipelineConfig;
  /** The file as it was named. */
  readonly file: string;
  /** Every file read, absolute: the pipeline first, then those it extends. */
  readonly files: readonly string[];
  /**
   * `file:line:column` of the value at a path of `config`, or of the nearest one above it that was
   * written; `--set PATH` for a value from a flag.
   */
  positions(path: Path): string;
  /** The same as a record. */
  place(path: Path): Place;
  /** Where the key of the value at `path` stands, or its value if it has none. */
  keyPlace(path: Path): Place;
  /** A path as it is shown to people: relative to the caller's folder if it lies below. */
  show(path: string): string;
  /**
   * The resolved pipeline as YAML to be kept in `folder` (absolute): complete, without `extends`,
   * paths relative to `folder`. It resolves to the same configuration.
   */
  toYaml(folder: string): string;
}

/** What was left out of a resolved pipeline for being wrong. */
export interface Broken {
  /** Stages as they were written, plain. */
  readonly stages: ReadonlyMap<string, unknown>;
  readonly models: readonly string[];
  readonly blocks: readonly string[];
}

/** Nothing. */
export const unbroken: Broken = { stages: new Map(), models: [], blocks: [] };

/** What could be resolved and what is wrong. */
export interface Resolution {
  /**
   * Absent if the text cannot be used at all. With problems it lacks the stages, models and blocks
   * that are wrong, for other checks to go on with; it then must not be run.
   */
  readonly resolved?: ResolvedPipeline;
  readonly broken: Broken;
  readonly problems: readonly Problem[];
  /** Files as shown to people, in the order in which problems are listed. */
  readonly names: readonly string[];
  /** Texts of the files by those names. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Resolves a pipeline file. Throws a PipelineError with everything that is wrong with it. */
export function resolvePipeline(file: string, options: ResolveOptions): ResolvedPipeline {
  const { resolved, problems } = tryResolve(file, options);
  if (resolved === undefined || problems.length > 0) throw new PipelineError(problems);
  return resolved;
}

/** Resolves as much of a pipeline file as possible. Never throws for what a user wrote. */
export function tryResolve(file: string, options: ResolveOptions): Resolution {
  const { cwd, set = [], readText } = options;
  const show = (path: string) => {
    const short = relative(cwd, path).replaceAll("\\", "/") || ".";
    return short.startsWith("..") || isAbsolute(short) ? path : short;
  };
  const main = resolve(cwd, file);
  const read = readExtended(main, readText, show);
  const problems: Problem[] = [...read.problems];
  const { names, files, texts } = read;
  const nothing = { broken: unbroken, names, texts };
  const list = () => inOrder(problems, names);
  if (read.tree === undefined) return { ...nothing, problems: list() };

  let tree = read.tree;
  for (const flag of set) {
    const result = setValue(pipelineDef, tree, flag, cwd);
    tree = result.tree;
    problems.push(...result.problems);
  }
  const extended = extendModels(tree);
  tree = extended.tree;
  problems.push(...extended.problems);

  const findings = validate(pipelineDef, tree);
  // A scalar that is a trap of YAML is no surprise if it also has the wrong type.
  const traps = new Set(read.problems.map(({ file, line, column }) => `${file}:${line}:${column}`));
  const fresh = findings.filter(({ problem: { file, line, column } }) =>
    !traps.has(`${file}:${line}:${column}`)
  );
  problems.push(...fresh.map(({ problem }) => problem));
  const { tree: usable, broken } = prune(pipelineDef, tree, [
    ...findings.map(({ path }) => path),
    ...extended.broken.map((model) => ["models", model]),
  ]);
  if (usable === undefined) return { ...nothing, problems: list() };

  const stages = new Set(namesIn(tree, "stages"));
  const config = fill(pipelineDef, usable, { stages });
  const full = tree;
  const place = (path: Path) => locate(full, path).tree.place;
  const resolved: ResolvedPipeline = {
    config,
    file,
    files,
    show,
    place,
    keyPlace: (path) => locate(full, path).key ?? place(path),
    positions: (path) => formatPlace(place(path)),
    toYaml: (folder) => writeYaml(unfill(pipelineDef, config, resolve(cwd, folder))),
  };
  return { resolved, broken, problems: list(), names, texts };
}

/** Keys of the map under `key`. */
function namesIn(tree: Tree, key: string): readonly string[] {
  const map = tree.type === "map" ? tree.entries.get(key)?.value : undefined;
  return map?.type === "map" ? [...map.entries.keys()] : [];
}

/** Values that stand in for required ones that are wrong, so that the rest can be checked. */
const standIns: Readonly<Record<string, unknown>> = { version: 1, name: "unnamed", stages: {} };

/**
 * `tree` without what is wrong: single stages, models and blocks, and other top-level values, which
 * fall back to their defaults.
 */
function prune(
  def: Def<unknown>,
  tree: Tree,
  wrong: readonly Path[],
): { readonly tree?: Tree; readonly broken: Broken } {
  const stages = new Map<string, unknown>();
  const models: string[] = [];
  const blocks: string[] = [];
  const broken = { stages, models, blocks };
  const shape = shapeOf(def);
  if (tree.type !== "map" || shape.type !== "object") return { broken };
  const sections = new Set(["stages", "models", "blocks"]);
  const parts = new Set<string>();
  const wholes = new Set<string>();
  for (const [section, name] of wrong) {
    if (section === undefined) continue;
    const isPart = name !== undefined && sections.has(String(section)) &&
      tree.entries.get(String(section))?.value.type === "map";
    if (isPart) parts.add(`${section} ${name}`);
    else wholes.add(String(section));
  }
  const entries = new Map<string, Entry>();
  for (const [section, entry] of tree.entries) {
    if (wholes.has(section)) continue;
    const { value } = entry;
    if (!sections.has(section) || value.type !== "map") {
      entries.set(section, entry);
      continue;
    }
    const kept = [...value.entries].filter(([name]) => !parts.has(`${section} ${name}`));
    entries.set(section, { ...entry, value: { ...value, entries: new Map(kept) } });
    const left = [...value.entries].filter(([name]) => parts.has(`${section} ${name}`));
    for (const [name, part] of left) {
      if (section === "stages") stages.set(name, plain(part.value));
      else (section === "models" ? models : blocks).push(name);
    }
  }
  const usable: Branch = { ...tree, entries };
  const missing = Object.entries(standIns).filter(([key]) => !usable.entries.has(key));
  const added = grow(Object.fromEntries(missing), tree.place);
  return { tree: merge(added, usable), broken };
}
