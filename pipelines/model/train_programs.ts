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
 * | logits   | tokens, param/*                                              | logits |
 *
 * - `tokens`, `targets`: i32[batch seq]; a target of -1 is ignored.
 * - `loss`: f32[], mean nats per target that is not ignored, plus the z-loss term if there is one.
 *   With `accumulate` > 1 the step runs once per microbatch: `accumulating` is 0 in the first and 1 in
 *   the others, and `loss` and `grad/*` add up to the mean over the microbatches.
 * - `random`: u32[], only if the model draws random bits: another value for every microbatch.
 * - `lr`: f32[]. `correction1`, `correction2`: f32[], AdamW's 1 - beta^t for step t = 1, 2, ...
 * - `grad_norm`: f32[], before clipping. `m/*` and `v/*` start as zeros; sgd without momentum has none.
 * - `loss_sum`, `count`: f32[], over the targets that are not ignored; `token_loss`: f32[batch seq],
 *   nats of each target, 0 where ignored.
 */

import type { Graph } from "../../graph/ir/graph.ts";

/** AdamW as in PyTorch: decoupled weight decay, bias corrections given by the host. */
export interface AdamW {
  readonly kind: "adamw";
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly decay: "matrices" | "all";
}

/** Gradient descent with an optional heavy-ball momentum, and weight decay added to the gradient. */
export interface Sgd {
  readonly kind: "sgd";
  readonly momentum: number;
  readonly weight_decay: number;
  readonly decay: "matrices" | "all";
}

/** What the graphs of training depend on. Rates and schedules are inputs, so they are not here. */
export interface TrainOptions {
  /** Sequences of one launch: the microbatch. */
  readonly batch: number;
  /** Microbatches of one optimizer step; 1 or more. */
  readonly accumulate: number;
  readonly optimizer: AdamW | Sgd;
  /** Largest global norm of the gradients; 0: not clipped. */
  readonly clip: number;
  /** Weight of the mean squared log-partition; 0: none. */
  readonly z_loss: number;
}

/** The graphs by name. */
export interface TrainPrograms {
  readonly step: Graph;
  readonly update: Graph;
  readonly evaluate: Graph;
  readonly logits: Graph;
}
