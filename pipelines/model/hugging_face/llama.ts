/** The layout of transformers' Llama. */

import type { ConfigReader } from "./config_reader.ts";
import { attrsOf, type Layout, type ModelFacts, refuseVariants } from "./layout.ts";

/** Attributes of rope and of the block `attention`, by their keys in config.json. */
const SCALING = [
  "factor",
  "low_freq_factor",
  "high_freq_factor",
  "original_max_position_embeddings",
] as const;

/** LlamaForCausalLM: the block `decoder`. */
export const llama: Layout = {
  name: "llama",
  prefix: "model.",
  tied: { head: "lm_head.weight", embedding: "model.embed_tokens.weight" },
  ignored: /\.rotary_emb\.inv_freq$/,
  read(config) {
    refuseVariants(config);
    config.ignore(["pretraining_tp"]);
    config.only("attention_dropout", [0]);
    config.only("sliding_window", []);
    config.only("use_sliding_window", [false]);
    config.only("partial_rotary_factor", [1]);
    config.word("hidden_act", { silu: "silu", swish: "silu" }, "silu");
    const embed = config.size("hidden_size", 4096);
    const heads = config.size("num_attention_heads", 32);
    const kvHeads = config.size("num_key_value_heads", heads);
    const headDim = config.size("head_dim", Math.floor(embed / heads));
    if (heads % kvHeads !== 0) {
      config.refuse("num_key_value_heads", `a divisor of num_attention_heads, ${heads}`);
    }
    if (headDim % 2 !== 0) config.refuse("head_dim", "an even number");
    const attentionBias = config.boolean("attention_bias", false);
    config.each("layer_types", "full_attention");
    return {
      use: "decoder",
      dims: {
        layers: config.size("num_hidden_layers", 32),
        embed,
        heads,
        kv_heads: kvHeads,
        head_dim: headDim,
        mlp: config.size("intermediate_size", 11008),
        vocab: config.size("vocab_size", 32000),
        positions: config.size("max_position_embeddings", 2048),
      },
      with: {
        attention: { use: "attention", attributes: { bias: attentionBias, ...readRope(config) } },
        ffn: { use: "swiglu", attributes: { bias: config.boolean("mlp_bias", false) } },
      },
      attributes: {
        tied: config.boolean("tie_word_embeddings", false),
        eps: config.number("rms_norm_eps", 1e-6),
        std: config.number("initializer_range", 0.02),
      },
    };
  },
  write({ dims, positions, graph, tensors }) {
    const rope = attrsOf(graph, "rope");
    const scaled = Number(rope.factor ?? 1) !== 1;
    const scaling = Object.fromEntries(SCALING.map((key) => [key, rope[key]]));
    return {
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      vocab_size: dims.vocab,
      hidden_size: dims.embed,
      intermediate_size: dims.mlp,
      num_hidden_layers: dims.layers,
      num_attention_heads: dims.heads,
      num_key_value_heads: dims.kv_heads,
      head_dim: dims.head_dim,
      hidden_act: "silu",
      max_position_embeddings: positions,
      rms_norm_eps: attrsOf(graph, "rms_norm").eps,
      rope_theta: rope.theta,
      rope_scaling: scaled ? { rope_type: "llama3", ...scaling } : null,
      attention_bias: tensors.has("model.layers.0.self_attn.q_proj.bias"),
      attention_dropout: 0,
      mlp_bias: tensors.has("model.layers.0.mlp.gate_proj.bias"),
      tie_word_embeddings: isTied(tensors),
    };
  },
};

function isTied(tensors: ModelFacts["tensors"]): boolean {
  return !tensors.has(llama.tied.head);
}

/** The attributes of rope; transformers 5 keeps them all in `rope_parameters`. */
function readRope(config: ConfigReader): Record<string, number> {
  const theta = config.positive("rope_theta", 10000);
  const parameters = config.map("rope_parameters");
  const scaling = config.map("rope_scaling");
  const found: Record<string, number> = { theta };
  for (const rope of [parameters, scaling]) {
    if (rope === undefined) continue;
    const kinds = { default: "default", llama3: "llama3" };
    const kind = rope.word(rope.has("rope_type") ? "rope_type" : "type", kinds, "default");
    rope.ignore(["type"]);
    rope.only("partial_rotary_factor", [1]);
    if (rope.has("rope_theta")) found.theta = rope.positive("rope_theta", theta);
    if (kind !== "llama3") {
      rope.ignore(SCALING);
      continue;
    }
    for (const key of SCALING) {
      if (!rope.has(key)) rope.refuse(key, "a number, as rope_type is llama3");
      else found[key] = rope.number(key, 1);
    }
    if (found.factor < 1) rope.refuse("factor", "a number of 1 or more");
    if (found.high_freq_factor <= found.low_freq_factor) {
      rope.refuse("high_freq_factor", "a number above low_freq_factor");
    }
  }
  return found;
}
