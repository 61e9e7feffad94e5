/** A compiled model: its parameters and its forward pass, whatever the blocks it was written in. */

import type { Builder, Origin, Value } from "../../graph/ir/graph.ts";
import type { TensorType } from "../../graph/ir/tensor.ts";
import type { OuterPlaces } from "./outer_names.ts";

/** How the initial values of a parameter are made. */
export type Init =
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "constant"; readonly value: number };

/** A trained tensor of a model. */
export interface Parameter {
  /**
   * `block.index.id` style, e.g. `layers.0.attention.q.weight`; its buffer is `param/` and this.
   */
  readonly name: string;
  readonly type: TensorType;
  readonly init: Init;
  /** True for parameters of two or more dims: weight decay on `matrices` takes these. */
  readonly matrix: boolean;
  /** `pipeline.yaml:12:7`: the node that makes the parameter. */
  readonly location: string;
  /** Where checkpoints of Hugging Face hold it. */
  readonly outer: OuterPlaces;
}

/** A model with the blocks it needs beside those of the library, as a pipeline has them; JSON. */
export interface WrittenModel {
  readonly model: Readonly<Record<string, unknown>>;
  readonly blocks: Readonly<Record<string, unknown>>;
}

/** What a forward pass is built with. */
export interface ForwardOptions {
  /** Values of the parameters by name. */
  readonly parameters: ReadonlyMap<string, Value>;
  /**
   * u32[] bits that change with every step: dropout draws from them. Absent: the pass of
   * evaluation, without dropout.
   */
  readonly random?: Value;
}

/** A compiled model. */
export interface Model {
  readonly name: string;
  /**
   * The folder of the checkpoint that its parameters come from; absent: they are drawn at random.
   */
  readonly folder?: string;
  /** As pipelines write it, without paths; JSON. */
  readonly definition: WrittenModel;
  /** Sizes by name, with `seq` and `vocab`; `batch` is chosen by each graph. */
  readonly dims: Readonly<Record<string, number>>;
  /**
   * Longest sequence, in tokens: the dim `positions`, or where the model does not give it, `seq`.
   */
  readonly positions: number;
  /** False if `vocab: auto` met no tokenizer: `dims.vocab` then is a stand-in. */
  readonly vocabKnown: boolean;
  /** In the order the blocks make them. */
  readonly parameters: readonly Parameter[];
  /** True if a node of the model draws random bits in training (dropout). */
  readonly random: boolean;
  /**
   * The error that says what is wrong with a node of the model, where the user asked for the node.
   */
  refusal(origin: Origin, code: string, message: string): Error;
  /** Adds the forward pass: tokens i32[batch seq] to logits f32[batch seq vocab]. */
  forward(builder: Builder, tokens: Value, options: ForwardOptions): Value;
}
