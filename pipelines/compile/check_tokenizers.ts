/** The check of tokenizers that are files: of tokenize stages, and of the folders of models. */

import { join } from "node:path";
import { DataError } from "../data/data_error.ts";
import { EOS_EXPECTED } from "../data/tokenize_stage.ts";
import { loadTokenizer, loadTokenizerFile } from "../data/tokenizer/load_tokenizer.ts";
import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import { tokenizerDifference } from "../data/tokenizer/tokenizer_difference.ts";
import { TOKENIZER } from "../model/hugging_face/folder_files.ts";
import { type Problem, problemAt } from "../schema/problem.ts";
import type { Path } from "../schema/tree.ts";
import type { Pipeline } from "./compile.ts";

/**
 * Problems with tokenizers: files that cannot be loaded or lack an end of text, folders without the
 * tokenizer that a stage needs, and data whose tokenizer is not that of the model it is for.
 */
export async function checkTokenizers(pipeline: Pipeline): Promise<readonly Problem[]> {
  const { config: { stages }, resolved: { place, show }, folders } = pipeline;
  const problems: Problem[] = [];
  const load = async (at: Path, read: () => Promise<Tokenizer>) => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const { file } = error.position;
      const message = error.message.replaceAll(file, show(file));
      problems.push(problemAt(place(at), "wrong-tokenizer", message));
    }
  };
  for (const [id, stage] of Object.entries(stages)) {
    if (stage.kind !== "tokenize" || stage.tokenizer.file === undefined) continue;
    const { path } = stage.tokenizer.file;
    const at = ["stages", id, "tokenizer", "file"];
    const tokenizer = await load(at, () => loadTokenizerFile(path));
    if (tokenizer === undefined || tokenizer.eos !== undefined) continue;
    if (stage.boundaries === "none") continue;
    const message = `${show(path)} has no token for the end of a text`;
    problems.push(problemAt(place(at), "wrong-tokenizer", message, { expected: EOS_EXPECTED }));
  }
  for (const [name, { folder, files }] of Object.entries(folders)) {
    const uses = usesOf(pipeline, name);
    const path = join(folder, TOKENIZER);
    const at = ["models", name, "from"];
    if (!files.includes(path)) {
      const measured = uses.find(({ kind }) => kind === "eval");
      if (measured === undefined) continue;
      const message = `${show(folder)} has no ${TOKENIZER}, which ${measured.id} needs`;
      problems.push(problemAt(place(at), "missing-file", message));
    } else if (await load(at, () => loadTokenizer(folder)) !== undefined) {
      for (const { id, data } of uses) {
        const message = await wrongTokenizer(pipeline, name, data, path);
        if (message === undefined) continue;
        const expected = `tokenizer: {file: ${show(path)}} in ${data}`;
        problems.push(
          problemAt(place(["stages", id, "data"]), "wrong-tokenizer", message, { expected }),
        );
      }
    }
  }
  return problems;
}

/** The stages that train or measure a model, and their data. */
function usesOf({ config }: Pipeline, name: string) {
  return Object.entries(config.stages).flatMap(([id, stage]) => {
    const uses = stage.kind === "train" && stage.model === name ||
      stage.kind === "eval" && stage.models.includes(name);
    return uses ? [{ id, kind: stage.kind, data: stage.data }] : [];
  });
}

/** What is wrong with the tokenizer of a stage for a model with the tokenizer `path`. */
async function wrongTokenizer(
  { config: { stages } }: Pipeline,
  model: string,
  data: string | undefined,
  path: string,
): Promise<string | undefined> {
  const stage = data === undefined ? undefined : stages[data];
  if (stage?.kind !== "tokenize") return undefined;
  if (stage.tokenizer.file === undefined) {
    return `${data} trains a tokenizer, and ${model} has its own`;
  }
  const texts = [stage.tokenizer.file.path, path].map((path) => Deno.readTextFile(path));
  try {
    const [one, other] = await Promise.all(texts);
    const parts = tokenizerDifference(JSON.parse(one), JSON.parse(other));
    if (parts.length === 0) return undefined;
    return `the tokenizer of ${data} is another one than that of ${model} (${parts.join(", ")})`;
  } catch (error) {
    // The file of the stage is no tokenizer, which is a problem of its own.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
