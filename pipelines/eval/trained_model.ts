/** A trained model: as a train stage left it, or as a folder holds it. */

import { join } from "node:path";
import type { Elements } from "../../runtime/device.ts";
import type { StageContext } from "../compile/stage_kind.ts";
import { loadTokenizer } from "../data/tokenizer/load_tokenizer.ts";
import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import { TOKENIZER } from "../model/hugging_face/folder_files.ts";
import { readFolder } from "../model/hugging_face/read_folder.ts";
import { readParameters } from "../model/hugging_face/read_parameters.ts";
import type { Model } from "../model/model.ts";
import { disk } from "../schema/file_system.ts";

/** A trained model, not yet on a device. */
export interface TrainedModel {
  /** The id of its stage, or its own name. */
  readonly name: string;
  /** Yields every parameter with its values. */
  parameters(): AsyncIterable<readonly [name: string, values: Elements]>;
  readonly tokenizer: Tokenizer;
  /** Its tokenizer.json, parsed. */
  readonly tokenizerJson: unknown;
  readonly vocab: number;
  /** Longest sequence, in tokens. */
  readonly seq: number;
  /** True if a parameter has the dim `seq`: then every sequence is as long as the longest. */
  readonly fixed: boolean;
  /** The model for sequences of `length` tokens, of `seq` at most; of `seq` if that is fixed. */
  model(length: number): Model;
}

/** Reads the checkpoint of train stage `id`, or the folder of model `id`. */
export async function readTrainedModel(
  { input, model: compile }: Pick<StageContext<unknown>, "input" | "model">,
  id: string,
): Promise<TrainedModel> {
  const own = compile.folderOf(id);
  const stage = own === undefined ? input(id) : undefined;
  const folder = own ?? join(stage!.dir, "checkpoint");
  const name = stage === undefined ? id : String(stage.config.model);
  const { vocab, positions: seq } = own === undefined ? sizesOf(folder) : sizesIn(compile(id, {}));
  const compileFor = (length: number) => compile(name, { vocab, seq: length, positions: seq });
  const full = compileFor(seq);
  const fixed = full.parameters.some(({ type }) => type.dims.some(({ name }) => name === "seq"));
  const tokenizer = await loadTokenizer(folder);
  if (tokenizer.vocab > vocab) {
    throw new Error(
      `Cannot measure ${id}: its tokenizer has ${tokenizer.vocab} tokens, the model has ${vocab}`,
    );
  }
  return {
    name: id,
    parameters: () => readParameters(folder, full),
    tokenizer,
    tokenizerJson: JSON.parse(await Deno.readTextFile(join(folder, TOKENIZER))),
    vocab,
    seq,
    fixed,
    model: (length) => fixed || length >= seq ? full : compileFor(length),
  };
}

/** Sizes of a model that depend on what it was trained on. */
interface Sizes {
  readonly vocab: number;
  readonly positions: number;
}

function sizesIn({ dims: { vocab }, positions }: Model): Sizes {
  return { vocab, positions };
}

/** The sizes that a checkpoint tells. */
function sizesOf(folder: string): Sizes {
  const found = readFolder(folder, disk);
  if ("message" in found) throw new Error(`Cannot load ${folder}: ${found.message}`);
  const { vocab, positions } = found.model.dims;
  return { vocab: Number(vocab), positions: Number(positions) };
}
