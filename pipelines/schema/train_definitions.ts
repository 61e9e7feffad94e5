/** Definition of the train stage. */

import {
  choice,
  defaulted,
  integer,
  number,
  object,
  oneOf,
  optional,
  pair,
  tagged,
} from "./define.ts";
import { name } from "./names.ts";

const decay = {
  weight_decay: defaulted(number("Weight decay, per unit of learning rate.", { min: 0 }), 0.1),
  decay: defaulted(
    oneOf("What decays: `matrices` (parameters of two or more dims) or `all`.", [
      "matrices",
      "all",
    ]),
    "matrices",
  ),
};

/** The optimizer. */
const optimizerDef = tagged("The optimizer.", "kind", {
  adamw: object("AdamW as in PyTorch: decoupled weight decay.", {
    lr: defaulted(number("Largest learning rate of the schedule.", { min: 0 }), 1e-3),
    betas: defaulted(
      pair(
        "Decay rates of the first and the second moment.",
        number("A rate from 0 to below 1.", { min: 0, below: 1 }),
      ),
      [0.9, 0.95],
    ),
    eps: defaulted(number("Added to the root of the second moment.", { above: 0 }), 1e-8),
    ...decay,
  }),
  sgd: object("Gradient descent with momentum.", {
    lr: defaulted(number("Largest learning rate of the schedule.", { min: 0 }), 1e-2),
    momentum: defaulted(number("Heavy-ball momentum; 0: none.", { min: 0, below: 1 }), 0),
    ...decay,
  }),
}, "adamw");

const warmup = defaulted(
  integer("Steps in which the rate rises from 0 to `lr`.", { min: 0 }),
  0,
);
const decaySteps = integer("Steps in which the rate falls, warmup not included.", { min: 1 });
const final = (share: number) =>
  defaulted(number("Rate at the end, as a share of `lr`.", { min: 0, max: 1 }), share);
const falling = (share: number) => ({ warmup, decay: optional(decaySteps), final: final(share) });

/** The learning rate over the steps. */
const scheduleDef = tagged("The learning rate over the steps.", "kind", {
  constant: object("Warmup, then `lr`.", { warmup }),
  linear: object(
    "Warmup, then a line to `final` within `decay` steps (without it: at the last step).",
    falling(0),
  ),
  cosine: object(
    "Warmup, then half a cosine to `final` within `decay` steps (without it: at the last step).",
    falling(0.1),
  ),
  wsd: object("Warmup, `lr`, and a line to `final` in the last `decay` steps.", {
    warmup,
    decay: decaySteps,
    final: final(0),
  }),
}, "cosine");

/** `kind: train`. */
export const trainDef = choice("Trains a model.", {
  model: name("The model."),
  data: name("The tokenize stage whose training split it learns from."),
  batch: integer("Sequences per optimizer step.", { min: 1 }),
  accumulate: defaulted(
    integer("Equal parts in which the batch is computed, one after the other.", { min: 1 }),
    1,
  ),
  order: defaulted(
    oneOf(
      "`shuffled`: every sequence once per epoch; `random_windows`: sequences from random places.",
      ["shuffled", "random_windows"],
    ),
    "shuffled",
  ),
  optimizer: defaulted(optimizerDef, {}),
  schedule: defaulted(scheduleDef, {}),
  clip: defaulted(number("Largest global norm of the gradients; 0: not clipped.", { min: 0 }), 1),
  z_loss: defaulted(
    number("Weight of the mean squared log-partition in the loss; 0: none.", { min: 0 }),
    0,
  ),
  eval: defaulted(
    object("The loss over the whole held-out split, while training.", {
      every: defaulted(integer("In steps; 0: only at the end.", { min: 0 }), 0),
    }),
    {},
  ),
  checkpoint: defaulted(
    object("Saved states, to resume from.", {
      every: optional(
        integer(
          "In steps; 0: only at the end; without it a twentieth of the steps, but 50 at least.",
          { min: 0 },
        ),
      ),
      keep: defaulted(integer("How many of the latest are kept.", { min: 1 }), 1),
    }),
    {},
  ),
}, {
  steps: { steps: integer("Optimizer steps.", { min: 1 }) },
  budget: {
    budget: choice("How much to train, rounded up to whole steps.", {}, {
      tokens: { tokens: integer("Training tokens.", { min: 1 }) },
      flops: { flops: number("Floating-point operations, forward and backward.", { above: 0 }) },
    }),
  },
});
