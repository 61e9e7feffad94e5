/**
 * The interface of a layout: what a checkpoint of one `model_type` is, beside the names in the
 * blocks.
 */

import type { Graph } from "../../../graph/ir/graph.ts";
import type { ModelConfig } from "../../schema/definitions.ts";
import type { LayoutName } from "../outer_names.ts";
import type { ConfigReader, Json } from "./config_reader.ts";

/** What of a compiled model makes its config.json. */
export interface ModelFacts {
  /** Sizes by name. */
  readonly dims: Readonly<Record<string, number>>;
  /** Longest sequence, in tokens. */
  readonly positions: number;
  /** The forward pass of training. */
  readonly graph: Graph;
  /** Names of the tensors. */
  readonly tensors: ReadonlySet<string>;
}

/** A layout. One value per layout, in its own file; `layouts.ts` is the table. */
export interface Layout {
  readonly name: LayoutName;
  /** What checkpoints of the bare model, without a head, leave out in front of names. */
  readonly prefix: string;
  /** The head's tensor, and the one that it equals where the two are tied. */
  readonly tied: { readonly head: string; readonly embedding: string };
  /** Tensors that hold nothing trained. */
  readonly ignored: RegExp;
  /** The model that config.json stands for; what has no counterpart is noted by the reader. */
  read(config: ConfigReader): ModelConfig;
  /**
   * The config.json that would stand for a model, if any does: whoever calls this makes sure by
   * reading it back.
   */
  write(facts: ModelFacts): Json;
}

/** Attributes of the first node of a graph that calls the op. */
export function attrsOf(graph: Graph, op: string): Readonly<Record<string, unknown>> {
  return graph.nodes.find((node) => node.op.name === op)?.attrs ?? {};
}

/** Keys of config.json that change nothing of what a model computes, in any layout. */
const IGNORED_KEYS: readonly string[] = [
  ...["model_type", "architectures", "name_or_path", "_name_or_path", "_commit_hash"],
  ...["transformers_version", "torch_dtype", "dtype", "use_bfloat16", "torchscript"],
  ...["bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "decoder_start_token_id"],
  ...["use_cache", "return_dict", "output_hidden_states", "output_attentions"],
  ...["task_specific_params", "problem_type", "finetuning_task", "tokenizer_class", "prefix"],
  ...["id2label", "label2id", "num_labels", "gradient_checkpointing", "is_decoder"],
  ...["max_length", "min_length", "do_sample", "num_beams", "temperature", "top_k", "top_p"],
  ...["repetition_penalty", "length_penalty", "num_return_sequences", "early_stopping"],
  ...["_attn_implementation", "_attn_implementation_autoset", "attn_implementation"],
  ...["unsloth_version", "transformers.js_config", "is_llama_config"],
];

/** Checks keys that would make any model another one. */
export function refuseVariants(config: ConfigReader): void {
  config.ignore(IGNORED_KEYS);
  config.only("is_encoder_decoder", [false]);
  config.only("add_cross_attention", [false]);
  config.only("chunk_size_feed_forward", [0]);
  config.only("pruned_heads", [{}]);
  config.only("quantization_config", []);
}
