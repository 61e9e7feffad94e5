/** A trained model: as a train stage left it, or as a folder holds it. */

import { join } from "node:path";
import type { Elements } from "../../runtime/device.ts";
import type { StageContext } from "../compile/stage_kind.ts";
import { loadTokenizer } from "../data/tokenizer/load_tokenizer.ts";
import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import { readParameters } from "../model/hugging_face/read_parameters.ts";
import type { Model } from "../model/model.ts";

/** A trained model, not yet on a device. */
export interface TrainedModel {
  /** The id of its stage, or its own name. */
  readonly name: string;
  /** Yields every parameter with its values. */
  parameters(): AsyncIterable<readonly [name: string, values: Elements]>;
  readonly tokenizer: Tokenizer;
  /** Text of its tokenizer.json. */
  readonly tokenizerText: string;
  readonly vocab: number;
  /** Longest sequence, in tokens. */
  readonly seq: number;
  /** True if the sequences of its training may have been shorter than `seq`. */
  readonly extends: boolean;
  /**
   * The model for sequences of at least `length` tokens, or of `seq` if that is less. It is shorter
   * than `seq` only where no parameter has the dim `seq`.
   */
  model(length: number): Model;
}

/** Lengths are rounded up to a multiple of this. */
const LENGTH_STEP = 16;

/** Reads the checkpoint of train stage `id`, or the folder of model `id`. */
export async function readTrainedModel(
  { input, model: compile }: Pick<StageContext<unknown>, "input" | "model">,
  id: string,
): Promise<TrainedModel> {
  const own = compile.folderOf(id);
  const stage = own === undefined ? input(id) : undefined;
  const folder = own ?? join(stage!.dir, "checkpoint");
  const name = stage === undefined ? id : String(stage.config.model);
  const config = JSON.parse(await Deno.readTextFile(join(folder, "config.json")));
  // What config.json leaves out is as transformers has it: a folder's model knows that.
  const read = own === undefined ? undefined : compile(name, {});
  const vocab = read?.dims.vocab ?? Number(config.vocab_size);
  const seq = read?.positions ?? Number(config.max_position_embeddings ?? config.n_positions);
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
    tokenizerText: await Deno.readTextFile(join(folder, "tokenizer.json")),
    vocab,
    seq,
    extends: full.dims.positions !== undefined,
    model: (length) => {
      const rounded = Math.ceil(length / LENGTH_STEP) * LENGTH_STEP;
      return fixed || rounded >= seq ? full : compileFor(rounded);
    },
  };
}
