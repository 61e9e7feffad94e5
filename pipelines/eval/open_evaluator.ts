/** A trained model on a device, with the programs that measure it. */

import { createBuilder } from "../../graph/ir/build.ts";
import type { Builder, Graph, Value } from "../../graph/ir/graph.ts";
import { rewriteGraph } from "../../graph/ir/rewrite.ts";
import { sizeOf, tensor } from "../../graph/ir/tensor.ts";
import { makePlan } from "../../graph/plan/make_plan.ts";
import { crossEntropy } from "../../kernels/cross_entropy.ts";
import { gather } from "../../kernels/gather.ts";
import { rearrange } from "../../kernels/rearrange.ts";
import type { Device } from "../../runtime/device.ts";
import { openDevice } from "../../runtime/open_device.ts";
import type { Compute } from "../compile/stage_kind.ts";
import type { Model } from "../model/model.ts";
import { evaluateProgram } from "../model/step_program.ts";
import type { TrainedModel } from "./trained_model.ts";

/** Sequences of one launch of a program, and their length in tokens. */
export interface BatchShape {
  readonly batch: number;
  readonly seq: number;
}

/**
 * A device with the parameters of a model and three programs:
 *
 * - `evaluate`: that of training (`train_programs.ts`).
 * - `judge`: reads `judge_tokens` and `judge_targets`, i32[batch seq], and writes `judge_loss`, f32[batch
 *   seq]: nats of each target, 0 where the target is negative.
 * - `next`: reads `next_tokens` i32[batch seq] and `next_places` i32[batch], as row * seq + position,
 *   and writes `next_logits` f32[batch vocab]: those of the token after each place.
 */
export interface Evaluator {
  readonly device: Device;
  readonly evaluate: BatchShape;
  readonly judge: BatchShape;
  readonly next: BatchShape;
}

/** What sizes the programs. */
export interface EvaluatorOptions {
  readonly compute: Compute;
  /** Longest sequence that is judged, in tokens. */
  readonly judged: number;
  /** Longest sequence that is written, in tokens, and how many are written at once. */
  readonly written: number;
  readonly rows: number;
  /** Sequences that are judged at once; absent: as many as have some 64 MB of logits. */
  readonly batch?: number;
}

const MAX_LOGITS = 1 << 24;
const MAX_BATCH = 64;

/** Puts a model on a device. Close the device when done. */
export async function openEvaluator(
  trained: TrainedModel,
  { compute, judged, written, rows, batch }: EvaluatorOptions,
): Promise<Evaluator> {
  const shapeOf = ({ dims: { seq } }: Model): BatchShape => ({
    batch: batch ??
      Math.max(1, Math.min(MAX_BATCH, Math.floor(MAX_LOGITS / (seq * trained.vocab)))),
    seq,
  });
  const [full, judge, next] = [trained.seq, judged, written].map((length) => trained.model(length));
  const shapes = {
    evaluate: shapeOf(full),
    judge: shapeOf(judge),
    next: { batch: rows, seq: next.dims.seq },
  };
  const plan = makePlan({
    evaluate: rewriteGraph(evaluateProgram(full, shapes.evaluate.batch)),
    judge: rewriteGraph(judgeProgram(judge, shapes.judge.batch)),
    next: rewriteGraph(nextProgram(next, rows)),
  });
  const device = await openDevice(plan, compute);
  try {
    for (const { name, type } of full.parameters) {
      const stored = trained.parameters.get(name);
      if (stored?.data.length !== sizeOf(type)) {
        throw new Error(
          `Cannot load the checkpoint of ${trained.name}: parameter ${name} is missing or of ` +
            `another size`,
        );
      }
      device.write(`param/${name}`, stored.data);
    }
  } catch (error) {
    await device.close();
    throw error;
  }
  return { device, ...shapes };
}

function judgeProgram(model: Model, batch: number): Graph {
  const builder = createBuilder();
  const targets = builder.input("judge_targets", tensor({ batch, seq: model.dims.seq }, "i32"));
  const logits = forward(builder, model, "judge_tokens", batch);
  return builder.finish({ judge_loss: builder.call(crossEntropy, [logits, targets])[0] });
}

function nextProgram(model: Model, batch: number): Graph {
  const builder = createBuilder();
  const places = builder.input("next_places", tensor({ batch }, "i32"));
  const logits = forward(builder, model, "next_tokens", batch);
  const pattern = "batch seq vocab -> (batch seq) vocab";
  const [table] = builder.call(rearrange, [logits], { pattern });
  return builder.finish({ next_logits: builder.call(gather, [table, places])[0] });
}

function forward(builder: Builder, model: Model, input: string, batch: number): Value {
  const tokens = builder.input(input, tensor({ batch, seq: model.dims.seq }, "i32"));
  const parameters = new Map(
    model.parameters.map(({ name, type }) => [name, builder.input(`param/${name}`, type)]),
  );
  return model.forward(builder, tokens, { parameters });
}
