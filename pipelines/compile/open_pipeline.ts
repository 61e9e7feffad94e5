/** A pipeline file with every check there is: what `check` prints and `run` insists on. */

import { libraryTexts } from "../model/library_texts.ts";
import { checkPipeline, type CheckResult } from "../schema/check_pipeline.ts";
import { disk, type FileSystem } from "../schema/file_system.ts";
import type { Problem } from "../schema/problem.ts";
import { checkTokenizers } from "./check_tokenizers.ts";

/** How a pipeline is opened. */
export interface OpenOptions {
  /** Values of `--set`: `path=value`. */
  readonly set?: readonly string[];
  /** Absolute folder against which `file` and paths in flags resolve. */
  readonly cwd: string;
  /** The disk, unless told otherwise. */
  readonly fs?: FileSystem;
}

/** Checks a pipeline file, its models included. Never throws for what a user wrote. */
export async function openPipeline(file: string, options: OpenOptions): Promise<CheckResult> {
  const fs = readOnce(options.fs ?? disk);
  const all = { ...options, fs, library: Object.keys(libraryTexts) };
  const result = checkPipeline(file, all);
  const { pipeline } = result;
  if (pipeline !== undefined && Object.keys(pipeline.config.models).length === 0) {
    return without(result, await checkTokenizers(pipeline));
  }
  // The compiler of models brings the kernels with it; pipelines of data start without.
  const { checkModel } = await import("./check_model.ts");
  const checked = checkPipeline(file, { ...all, checkModel });
  if (checked.pipeline === undefined) return checked;
  const { checkFolders } = await import("./check_folders.ts");
  return without(checked, [
    ...await checkFolders(checked.pipeline),
    ...await checkTokenizers(checked.pipeline),
  ]);
}

/** The result of a check that found more. */
function without(result: CheckResult, problems: readonly Problem[]): CheckResult {
  return problems.length === 0 ? result : { problems, texts: result.texts };
}

/** Both checks see the same texts; a pipe can be read only once. */
function readOnce(fs: FileSystem): FileSystem {
  const texts = new Map<string, string>();
  return {
    ...fs,
    readText(path) {
      const text = texts.get(path) ?? fs.readText(path);
      texts.set(path, text);
      return text;
    },
  };
}
