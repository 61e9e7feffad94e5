/** A trained model as a train stage left it. */

import { join } from "node:path";
import type { StoredTensor } from "../../runtime/safetensors.ts";
import type { StageContext } from "../compile/stage_kind.ts";
import { loadTokenizer } from "../data/tokenizer/load_tokenizer.ts";
import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import type { Model } from "../model/model.ts";
import { readModel } from "../train/checkpoint.ts";

/** A trained model, not yet on a device. */
export interface TrainedModel {
  /** The id of its stage. */
  readonly name: string;
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  readonly tokenizer: Tokenizer;
  /** Text of its tokenizer.json. */
  readonly tokenizerText: string;
  readonly vocab: number;
  /** Longest sequence, in tokens: that of its training. */
  readonly seq: number;
  /**
   * The model for sequences of at least `length` tokens, or of `seq` if that is less. It is shorter
   * than `seq` only where no parameter has the dim `seq`, such as learned positions have.
   */
  model(length: number): Model;
}

/** Lengths are rounded up to a multiple of this. */
const LENGTH_STEP = 16;

/** Reads the checkpoint of the train stage `id`. */
export async function readTrainedModel(
  { input, model: compile }: Pick<StageContext<unknown>, "input" | "model">,
  id: string,
): Promise<TrainedModel> {
  const { dir, config } = input(id);
  const checkpoint = join(dir, "checkpoint");
  const shape = JSON.parse(await Deno.readTextFile(join(checkpoint, "config.json")));
  const [vocab, seq] = [Number(shape.vocab_size), Number(shape.max_position_embeddings)];
  const compileFor = (seq: number) => compile(String(config.model), { vocab, seq });
  const full = compileFor(seq);
  const fixed = full.parameters.some(({ type }) => type.dims.some(({ name }) => name === "seq"));
  return {
    name: id,
    parameters: await readModel(checkpoint),
    tokenizer: await loadTokenizer(checkpoint),
    tokenizerText: await Deno.readTextFile(join(checkpoint, "tokenizer.json")),
    vocab,
    seq,
    model: (length) => {
      const rounded = Math.ceil(length / LENGTH_STEP) * LENGTH_STEP;
      return fixed || rounded >= seq ? full : compileFor(rounded);
    },
  };
}
