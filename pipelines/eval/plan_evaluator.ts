/** The programs that measure a trained model, at sizes that leave room for other things. */

import { createBuilder } from "../../graph/ir/build.ts";
import type { Builder, Graph, Value } from "../../graph/ir/graph.ts";
import { rewriteGraph } from "../../graph/ir/rewrite.ts";
import { tensor } from "../../graph/ir/tensor.ts";
import { bytesOf, makePlan } from "../../graph/plan/make_plan.ts";
import type { Plan } from "../../graph/plan/plan.ts";
import { crossEntropy } from "../../kernels/cross_entropy.ts";
import { gather } from "../../kernels/gather.ts";
import { rearrange } from "../../kernels/rearrange.ts";
import type { Model } from "../model/model.ts";
import { evaluateProgram, parameterInputs } from "../model/step_program.ts";
import type { TrainedModel } from "./trained_model.ts";

/** Sequences of one launch of a program, and their length in tokens. */
export interface BatchShape {
  readonly batch: number;
  readonly seq: number;
}

/** The shapes of the programs. */
export interface EvaluatorShapes {
  readonly evaluate: BatchShape;
  readonly judge: BatchShape;
  readonly next: BatchShape;
}

/** What sizes the programs. */
export interface EvaluatorSizes {
  /** Longest sequence that is judged, in tokens. */
  readonly judged: number;
  /** Longest sequence that is written, in tokens, and how many are written at once, at most. */
  readonly written: number;
  readonly rows: number;
  /** Length of the sequences of the held-out loss, in tokens. */
  readonly measured: number;
  /** Sequences that are judged at once, at most; absent: 64. */
  readonly batch?: number;
}

const MAX_BATCH = 64;
/** What a program may take beside the parameters, in bytes, unless it takes a single sequence. */
const BUDGET = 2 ** 30;

/**
 * Plans three programs over the parameters of a model, `param/*`:
 *
 * - `evaluate`: that of training (`train_programs.ts`).
 * - `judge`: reads `judge_tokens` and `judge_targets`, i32[batch seq], and writes `judge_loss`,
 *   f32[batch seq]: nats of each target, 0 where the target is negative.
 * - `next`: reads `next_tokens` i32[batch seq] and `next_places` i32[batch], as row * seq +
 *   position, and writes `next_logits` f32[batch vocab]: those of the token after each place.
 *
 * Their batches are as large as the sizes allow while each takes at most 1 GiB beside the
 * parameters.
 */
export function planEvaluator(
  { model }: Pick<TrainedModel, "model">,
  { judged, written, rows, measured, batch = MAX_BATCH }: EvaluatorSizes,
): { readonly plan: Plan; readonly shapes: EvaluatorShapes } {
  const evaluate = fit(evaluateProgram, model(measured), batch);
  const judge = fit(judgeProgram, model(judged), batch);
  const next = fit(nextProgram, model(written), rows);
  return {
    plan: makePlan({ evaluate: evaluate.graph, judge: judge.graph, next: next.graph }),
    shapes: { evaluate: evaluate.shape, judge: judge.shape, next: next.shape },
  };
}

/** A program for `most` sequences, or for as many as the budget allows. */
function fit(
  build: (model: Model, batch: number) => Graph,
  model: Model,
  most: number,
): { graph: Graph; shape: BatchShape } {
  const graphOf = (batch: number) => rewriteGraph(build(model, batch));
  // All that a program takes beside the parameters grows with the batch.
  const parameters = model.parameters.reduce((sum, { type }) => sum + bytesOf(type), 0);
  const single = makePlan({ single: graphOf(1) }).bytes - parameters;
  const batch = Math.max(1, Math.min(most, Math.floor(BUDGET / single)));
  return { graph: graphOf(batch), shape: { batch, seq: model.dims.seq } };
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
  return model.forward(builder, tokens, { parameters: parameterInputs(builder, model) });
}
