/** A trained model on a device, ready to be measured. */

import { join } from "node:path";
import { createBuilder } from "../../graph/ir/build.ts";
import type { Graph } from "../../graph/ir/graph.ts";
import { rewriteGraph } from "../../graph/ir/rewrite.ts";
import { sizeOf, tensor } from "../../graph/ir/tensor.ts";
import { makePlan } from "../../graph/plan/make_plan.ts";
import { gather } from "../../kernels/gather.ts";
import { rearrange } from "../../kernels/rearrange.ts";
import type { Device } from "../../runtime/device.ts";
import { openDevice } from "../../runtime/open_device.ts";
import type { StageContext } from "../compile/stage_kind.ts";
import { loadTokenizer } from "../data/tokenizer/load_tokenizer.ts";
import type { Tokenizer } from "../data/tokenizer/tokenizer.ts";
import type { Model } from "../model/model.ts";
import { evaluateProgram } from "../model/step_program.ts";
import { readModel } from "../train/checkpoint.ts";

/** A model with its parameters on a device that has the programs `evaluate` and `next`. */
export interface TrainedModel {
  readonly name: string;
  readonly device: Device;
  readonly tokenizer: Tokenizer;
  /** Text of its tokenizer.json. */
  readonly tokenizerText: string;
  /** Sequences of one launch of `evaluate`. */
  readonly batch: number;
  /** Sequences of one launch of `next`. */
  readonly rows: number;
  /** Longest sequence, in tokens. */
  readonly seq: number;
  close(): Promise<void>;
}

/** What sizes the programs of a model. */
export interface TrainedModelOptions {
  /** Texts that are generated at once. */
  readonly rows: number;
  /** Sequences that are judged at once; absent: as many as fit into some 64 MB of logits. */
  readonly batch?: number;
}

/** Elements of the logits of one launch, if a sequence alone has no more. */
const MAX_LOGITS = 1 << 24;
const MAX_BATCH = 16;

/**
 * Loads the checkpoint of a train stage, which the stage of `context` reads, onto a device.
 *
 * `evaluate` is the program of training (`train_programs.ts`). `next` reads tokens
 * `next_tokens` i32[rows seq] and positions `next_rows` i32[rows], as row * seq + position, and writes
 * `next_logits` f32[rows vocab]: those of the token after each position.
 */
export async function openTrainedModel(
  { input, model: compile, compute }: Pick<StageContext<unknown>, "input" | "model" | "compute">,
  id: string,
  { rows, batch }: TrainedModelOptions,
): Promise<TrainedModel> {
  const { dir, config } = input(id);
  const checkpoint = join(dir, "checkpoint");
  const shape = JSON.parse(await Deno.readTextFile(join(checkpoint, "config.json")));
  const [vocab, seq] = [Number(shape.vocab_size), Number(shape.max_position_embeddings)];
  const model = compile(String(config.model), { vocab, seq });
  const fitting = Math.max(1, Math.min(MAX_BATCH, Math.floor(MAX_LOGITS / (seq * vocab))));
  const size = batch ?? fitting;
  const plan = makePlan({
    evaluate: rewriteGraph(evaluateProgram(model, size)),
    next: rewriteGraph(nextProgram(model, rows)),
  });
  const stored = await readModel(checkpoint);
  const tokenizer = await loadTokenizer(checkpoint);
  const tokenizerText = await Deno.readTextFile(join(checkpoint, "tokenizer.json"));
  const device = await openDevice(plan, compute);
  try {
    for (const { name, type } of model.parameters) {
      const tensor = stored.get(name);
      if (tensor?.data.length !== sizeOf(type)) {
        throw new Error(
          `Cannot load ${checkpoint}: parameter ${name} is missing or of another size`,
        );
      }
      device.write(`param/${name}`, tensor.data);
    }
  } catch (error) {
    await device.close();
    throw error;
  }
  const close = () => device.close();
  return { name: id, device, tokenizer, tokenizerText, batch: size, rows, seq, close };
}

function nextProgram(model: Model, rows: number): Graph {
  const builder = createBuilder();
  const { seq } = model.dims;
  const tokens = builder.input("next_tokens", tensor({ batch: rows, seq }, "i32"));
  const positions = builder.input("next_rows", tensor({ batch: rows }, "i32"));
  const parameters = new Map(
    model.parameters.map(({ name, type }) => [name, builder.input(`param/${name}`, type)]),
  );
  const logits = model.forward(builder, tokens, { parameters });
  const pattern = "batch seq vocab -> (batch seq) vocab";
  const [table] = builder.call(rearrange, [logits], { pattern });
  return builder.finish({ next_logits: builder.call(gather, [table, positions])[0] });
}
