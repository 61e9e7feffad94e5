/** What the checkpoints of a training hold beside its state, and how they hold the parameters. */

import { join } from "node:path";
import type { StageContext } from "../compile/stage_kind.ts";
import { tokenizerDifference } from "../data/tokenizer/tokenizer_difference.ts";
import { exportModel } from "../model/hugging_face/export_model.ts";
import {
  GENERATION_CONFIG,
  TOKENIZER,
  TOKENIZER_FILES,
} from "../model/hugging_face/folder_files.ts";
import type { Model } from "../model/model.ts";
import type { TrainConfig } from "../schema/definitions.ts";
import type { ModelFiles } from "./checkpoint.ts";

type Context = Pick<StageContext<TrainConfig>, "id" | "config" | "files" | "input" | "log">;
type Texts = Readonly<Record<string, string>>;

/**
 * The files of a model trained on tokens that `eos` ends (null: nothing does). The tokenizer is
 * that of the model's folder if it has one, and then must make the tokens of the data; else that of
 * the data. Throws an Error that says how to get the tokenizer of the folder.
 */
export async function modelFiles(
  context: Context,
  model: Model,
  eos: number | null,
): Promise<ModelFiles> {
  const { config, tensors, reason } = exportModel(model);
  if (reason !== undefined) {
    context.log(`checkpoints are for Sluice alone (model_type sluice): ${reason}`);
  }
  const { data } = context.config;
  const { [GENERATION_CONFIG]: generation, ...own } = await folderTexts(context, model);
  const ofData = await textsOf(context.input(data).dir, TOKENIZER_FILES);
  if (own[TOKENIZER] !== undefined) {
    checkSame(context, join(model.folder!, TOKENIZER), ofData[TOKENIZER], own[TOKENIZER]);
  }
  const ids = await folderIds(model, eos);
  const all = {
    ...config,
    ...(ids ?? { bos_token_id: eos, eos_token_id: eos }),
    torch_dtype: "float32",
  };
  const texts = {
    "config.json": JSON.stringify(all, null, 2) + "\n",
    ...ofData,
    ...(own[TOKENIZER] === undefined ? {} : own),
    ...(ids === undefined || generation === undefined ? {} : { [GENERATION_CONFIG]: generation }),
  };
  return { texts, tensors };
}

function checkSame({ id, config: { data } }: Context, path: string, found: string, own: string) {
  const parts = tokenizerDifference(JSON.parse(found), JSON.parse(own));
  if (parts.length === 0) return;
  throw new Error(
    `Cannot train ${id}: the tokenizer of ${data} is another one than that of its model ` +
      `(${parts.join(", ")}), expected tokenizer: {file: ${path}} in ${data}`,
  );
}

/** Those files of the model's folder that training reads beside config.json and the weights. */
async function folderTexts({ files }: Context, { folder }: Model): Promise<Texts> {
  if (folder === undefined) return {};
  // A run may read only what was there when it was planned.
  const known = new Set(files.map(({ path }) => path));
  const names = [...TOKENIZER_FILES, GENERATION_CONFIG];
  return await textsOf(folder, names.filter((name) => known.has(join(folder, name))));
}

/** The texts of those files of a folder that are there. */
async function textsOf(dir: string, names: readonly string[]): Promise<Texts> {
  const texts: Record<string, string> = {};
  for (const name of names) {
    try {
      texts[name] = await Deno.readTextFile(join(dir, name));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return texts;
}

/**
 * The ids of the tokens that begin, end and fill texts, as the config.json of the model's folder
 * has them; undefined if the data ends documents with another one.
 */
async function folderIds(
  { folder }: Model,
  eos: number | null,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (folder === undefined) return undefined;
  const config = JSON.parse(await Deno.readTextFile(join(folder, "config.json")));
  const { bos_token_id = null, eos_token_id = null, pad_token_id = null } = config;
  if (eos !== null && ![eos_token_id].flat().includes(eos)) return undefined;
  return { bos_token_id, eos_token_id, ...(pad_token_id === null ? {} : { pad_token_id }) };
}
