/** The files that a stage reads. */

import { basename, dirname, join } from "node:path";
import { SOURCE_ENDINGS, sourceFormat } from "../data/source_format.ts";
import { TOKENIZER_CONFIG } from "../data/tokenizer/tokenizer.ts";
import type { SourceConfig } from "../schema/definitions.ts";
import type { FileKind, FileSystem } from "../schema/file_system.ts";
import { problemAt } from "../schema/problem.ts";
import type { Problem } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import { suggest } from "../schema/suggest.ts";
import type { Path } from "../schema/tree.ts";

/** A file that a stage reads. */
export interface StageFile {
  /** Absolute. */
  readonly path: string;
  /** The digest its content must have, if the pipeline or a file beside it says so. */
  readonly sha256?: string;
  /** Path of the file that says so, if it is not the pipeline. */
  readonly listedIn?: string;
  /** `file:line:column` of the value that names it. */
  readonly location: string;
}

/** Characters that make a path a glob, unless a file of that very name exists. */
const globs = /[*?[\]{}]/;

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
  // With `many`, for the sources of documents: a glob is a list of files.
  const read = ({ path, sha256 }: SourceConfig, at: Path, many = false) => {
    const where = [...at, "path"];
    const kind = look(fs, path);
    const matches = many && kind === undefined && globs.test(path) ? fs.glob(path) : undefined;
    if (matches?.length === 0) return missing(where, `no file matches ${show(path)}`);
    if (kind === undefined && !matches) return missing(where, `there is no file ${show(path)}`);
    if (kind === "folder") {
      return wrong(where, `${show(path)} is a folder`, many ? "a file or a glob" : "a file");
    }
    if (kind === "other") return wrong(where, `${show(path)} is a pipe or a device`, "a file");
    if (matches && sha256 !== undefined) {
      return wrong([...at, "sha256"], "a glob has a sha256", "one for each file");
    }
    const found = matches ?? [path];
    const odd = many ? found.find((file) => sourceFormat(file) === undefined) : undefined;
    if (odd !== undefined) {
      return wrong(where, `cannot read documents from ${show(odd)}`, SOURCE_ENDINGS);
    }
    for (const file of found) add(file, where, sha256);
  };

  if (stage.kind === "documents" && stage.read !== undefined) {
    for (const [index, source] of stage.read.entries()) {
      read(source, ["stages", id, "read", index], true);
    }
  }
  if (stage.kind === "tokenize" && stage.tokenizer.file !== undefined) {
    const at = ["stages", id, "tokenizer", "file"];
    read(stage.tokenizer.file, at);
    const config = join(dirname(stage.tokenizer.file.path), TOKENIZER_CONFIG);
    if (look(fs, config) === "file") add(config, [...at, "path"], undefined);
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
  return { files: [...files.values()], problems };
}

/** What is at a path; nothing if it may not be looked at. */
function look(fs: FileSystem, path: string): FileKind | undefined {
  try {
    return fs.kind(path);
  } catch {
    return undefined;
  }
}
