/** What the graphs of training depend on. */

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
