/** The files that a stage reads. */

import { basename } from "node:path";
import type { ModelConfig, SourceConfig } from "../schema/definitions.ts";
import type { FileSystem } from "../schema/file_system.ts";
import { problemAt } from "../schema/problem.ts";
import type { Problem } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import { suggest } from "../schema/suggest.ts";
import type { Path } from "../schema/tree.ts";

/** A file that a stage reads. */
export interface StageFile {
  /** Absolute. */
  readonly path: string;
  /** The digest its content must have, if the pipeline says so. */
  readonly sha256?: string;
  /** `file:line:column` of the value that names it. */
  readonly location: string;
}

/** Characters that make a path a glob, unless a file of that very name exists. */
const globs = /[*?[\]{}]/;
const documentEndings = /\.(jsonl|txt|csv|parquet)(\.gz|\.zst)?$/i;

/** The files that stage `id` reads; those that are missing are problems. */
export function findInputs(
  resolved: ResolvedPipeline,
  id: string,
  fs: FileSystem,
): { readonly files: readonly StageFile[]; readonly problems: readonly Problem[] } {
  const files = new Map<string, StageFile>();
  const problems: Problem[] = [];
  const stage = resolved.config.stages[id];

  const add = (path: string, at: Path, sha256: string | undefined) => {
    const location = resolved.positions(at);
    files.set(path, { path, location, ...(sha256 === undefined ? {} : { sha256 }) });
  };
  const missing = (at: Path, message: string, suggestion?: string) => {
    problems.push(problemAt(resolved.place(at), "missing-file", message, { suggestion }));
  };
  const wrong = (at: Path, message: string, expected: string) => {
    problems.push(problemAt(resolved.place(at), "wrong-file", message, { expected }));
  };
  const { show } = resolved;
  const read = ({ path, sha256 }: SourceConfig, at: Path, endings?: RegExp) => {
    const where = [...at, "path"];
    const kind = look(fs, path);
    const matches = kind === undefined && globs.test(path) ? fs.glob(path) : undefined;
    if (matches?.length === 0) return missing(where, `no file matches ${show(path)}`);
    if (kind === undefined && !matches) return missing(where, `there is no file ${show(path)}`);
    if (kind === "folder") {
      return wrong(where, `${show(path)} is a folder`, endings ? "a file or a glob" : "a file");
    }
    if (matches && sha256 !== undefined) {
      return wrong([...at, "sha256"], "a glob has a sha256", "one for each file");
    }
    const found = matches ?? [path];
    const odd = endings && found.find((file) => !endings.test(file));
    if (odd !== undefined) {
      return wrong(where, `cannot read documents from ${show(odd)}`, documentFormats);
    }
    for (const file of found) add(file, where, sha256);
  };

  if (stage.kind === "documents" && stage.read !== undefined) {
    for (const [index, source] of stage.read.entries()) {
      read(source, ["stages", id, "read", index], documentEndings);
    }
  }
  if (stage.kind === "tokenize" && stage.tokenizer.file !== undefined) {
    read(stage.tokenizer.file, ["stages", id, "tokenizer", "file"]);
  }
  if (stage.kind === "eval" && typeof stage.questions === "object") {
    const at = ["stages", id, "questions"];
    const { path } = stage.questions;
    if (look(fs, path) !== undefined) read(stage.questions, at);
    else {
      const stages = Object.entries(resolved.config.stages);
      const makers = stages.filter(([, { kind }]) => kind === "documents").map(([name]) => name);
      const message = `there is neither a documents stage nor a file ${show(path)}`;
      missing(at, message, suggest(basename(path), makers));
    }
  }
  for (const [name, model] of modelsOf(resolved, id)) {
    const at = ["models", name, "from"];
    const folder = model.from ?? "";
    if (look(fs, folder) !== "folder") {
      missing(at, `there is no folder ${show(folder)}`);
      continue;
    }
    for (const file of fs.glob(`${folder}/*`)) add(file, at, undefined);
  }
  return { files: [...files.values()], problems };
}

const documentFormats = ".jsonl, .txt, .csv or .parquet, also with .gz or .zst";

/** The models of a stage that are read from folders. */
function modelsOf(resolved: ResolvedPipeline, id: string): readonly [string, ModelConfig][] {
  const stage = resolved.config.stages[id];
  const names = stage.kind === "train" ? [stage.model] : stage.kind === "eval" ? stage.models : [];
  return names.flatMap((name): [string, ModelConfig][] => {
    const model = Object.hasOwn(resolved.config.models, name)
      ? resolved.config.models[name]
      : undefined;
    return model?.from === undefined ? [] : [[name, model]];
  });
}

/** What is at a path; nothing if it may not be looked at. */
function look(fs: FileSystem, path: string): "file" | "folder" | undefined {
  try {
    return fs.kind(path);
  } catch {
    return undefined;
  }
}
