/** The layout of transformers' GPT-2. */

import type { Graph } from "../../../graph/ir/graph.ts";
import { attrsOf, type Layout, refuseVariants } from "./layout.ts";

/**
 * Functions of expressions by `activation_function`; of two that are the same the first is written.
 */
const ACTIVATIONS = {
  gelu_new: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  gelu: "gelu",
  relu: "relu",
  silu: "silu",
  swish: "silu",
} as const;

/** What transformers draws from, where config.json does not say. */
const DROPOUT = 0.1;

/** GPT2LMHeadModel: the block `gpt2`. */
export const gpt2: Layout = {
  name: "gpt2",
  prefix: "transformer.",
  tied: { head: "lm_head.weight", embedding: "transformer.wte.weight" },
  // Masks that old versions stored.
  ignored: /(^|\.)h\.\d+\.attn\.(bias|masked_bias)$/,
  read(config) {
    refuseVariants(config);
    config.ignore(["n_ctx", "reorder_and_upcast_attn"]);
    // Of classifiers made of the model.
    const summary = ["type", "use_proj", "activation", "proj_to_labels", "first_dropout"];
    config.ignore(summary.map((key) => `summary_${key}`));
    config.only("scale_attn_weights", [true]);
    config.only("scale_attn_by_inverse_layer_idx", [false]);
    const embed = config.size("n_embd", 768);
    const heads = config.size("n_head", 12);
    if (embed % heads !== 0) config.refuse("n_head", `a divisor of n_embd, ${embed}`);
    const dropout = config.number("resid_pdrop", DROPOUT);
    for (const key of ["embd_pdrop", "attn_pdrop"]) {
      if (config.number(key, DROPOUT) !== dropout) {
        config.refuse(key, `that of resid_pdrop, ${dropout}`);
      }
    }
    if (dropout >= 1) config.refuse("resid_pdrop", "a number from 0 to below 1");
    return {
      use: "gpt2",
      dims: {
        layers: config.size("n_layer", 12),
        embed,
        heads,
        head_dim: Math.floor(embed / heads),
        mlp: config.size("n_inner", 4 * embed),
        vocab: config.size("vocab_size", 50257),
        positions: config.size("n_positions", 1024),
      },
      attributes: {
        bias: true,
        dropout,
        activation: config.word<string>("activation_function", ACTIVATIONS, "gelu_tanh"),
        tied: config.boolean("tie_word_embeddings", true),
        eps: config.number("layer_norm_epsilon", 1e-5),
        std: config.number("initializer_range", 0.02),
      },
    };
  },
  write({ dims, positions, graph, tensors }) {
    const dropout = Number(attrsOf(graph, "dropout").p ?? 0);
    return {
      architectures: ["GPT2LMHeadModel"],
      model_type: "gpt2",
      vocab_size: dims.vocab,
      n_positions: positions,
      n_embd: dims.embed,
      n_layer: dims.layers,
      n_head: dims.heads,
      n_inner: dims.mlp,
      activation_function: activationOf(graph),
      resid_pdrop: dropout,
      embd_pdrop: dropout,
      attn_pdrop: dropout,
      layer_norm_epsilon: attrsOf(graph, "layer_norm").eps,
      scale_attn_weights: true,
      tie_word_embeddings: !tensors.has(gpt2.tied.head),
    };
  },
};

/** The activation of the first node that is one of a single value. */
function activationOf(graph: Graph): string | undefined {
  for (const { op, attrs } of graph.nodes) {
    const [, name] = op.name === "map" ? /^(\w+)\(\w+\)$/.exec(String(attrs.expr)) ?? [] : [];
    const found = Object.entries(ACTIVATIONS).find(([, ours]) => ours === name);
    if (found !== undefined) return found[0];
  }
  return undefined;
}
