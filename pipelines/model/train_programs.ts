/**
 * The graphs of a model that a train or eval stage runs, by name.
 *
 * Buffers are shared between the graphs by name: `param/NAME`, `grad/NAME` and the optimizer's
 * `m/NAME` and `v/NAME`, where NAME is a parameter's. An output of the name of an input updates that
 * buffer.
 *
 * | graph    | reads                                                        | writes |
 * |----------|--------------------------------------------------------------|--------|
 * | step     | tokens, targets, param/*, random?, (accumulating, grad/*, loss)? | loss, grad/* |
 * | update   | lr, correction1?, correction2?, grad/*, param/*, m/*, v/*    | grad_norm, param/*, m/*, v/* |
 * | evaluate | tokens, targets, param/*                                     | loss_sum, count, token_loss |
 *
 * - `tokens`, `targets`: i32[batch seq]; a target of -1 is ignored.
 * - `loss`: f32[], mean nats per target that is not ignored, without the z-loss.
 *   With `accumulate` > 1 the step runs once per microbatch: `accumulating` is 0 in the first and 1 in
 *   the others, and `loss` and `grad/*` add up to the mean over the microbatches.
 * - `random`: u32[], only if the model draws random bits: another value for every microbatch.
 * - `lr`: f32[]. `correction1`, `correction2`: f32[], AdamW's 1 - beta^t for step t = 1, 2, ...
 * - `grad_norm`: f32[], before clipping. `m/*` and `v/*` start as zeros; sgd without momentum has none.
 * - `loss_sum`, `count`: f32[], over the targets that are not ignored; `token_loss`: f32[batch seq],
 *   nats of each target, 0 where ignored.
 */

import type { Graph } from "../../graph/ir/graph.ts";
import { rewriteGraph } from "../../graph/ir/rewrite.ts";
import type { Model } from "./model.ts";
import type { TrainOptions } from "./train_options.ts";
import { evaluateProgram, stepProgram } from "./step_program.ts";
import { updateProgram } from "./update_program.ts";

/** The graphs by name. */
export interface TrainPrograms {
  readonly step: Graph;
  readonly update: Graph;
  readonly evaluate: Graph;
}

/** Builds the graphs of a model, rewritten and verified. */
export function buildTrainPrograms(model: Model, options: TrainOptions): TrainPrograms {
  return {
    step: rewriteGraph(stepProgram(model, options)),
    update: rewriteGraph(updateProgram(model, options)),
    evaluate: rewriteGraph(evaluateProgram(model, options.batch)),
  };
}
