"""Writes tiny random checkpoints as transformers saves them, and the logits it gives for some tokens.

    python tests/golden/transformers/make.py   # needs torch, transformers, safetensors; made with 2.15, 5.23, 0.8

Each folder has a model and logits.json: tokens i64[2, 12] and logits f32[2, 12, vocab], computed in
float32 from the weights as they are stored. All weights are drawn at random, norms and biases too.
"""

import json
import os
import shutil

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH, SEQ, VOCAB = 2, 12, 64
LLAMA = dict(
    vocab_size=VOCAB, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=32, bos_token_id=1, eos_token_id=2,
)  # fmt: skip
GPT2 = dict(
    vocab_size=VOCAB, n_positions=32, n_embd=16, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0,
)  # fmt: skip
ROPE = dict(
    rope_type="llama3", rope_theta=500.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=16,
)  # fmt: skip

CASES = {
    # Grouped queries, heads wider than embed / heads, a head of its own, several files.
    "llama_sharded": dict(config=LlamaConfig(**LLAMA, head_dim=8), shards="10KB"),
    "llama_tied": dict(config=LlamaConfig(**LLAMA, tie_word_embeddings=True, rms_norm_eps=1e-3)),
    "llama_bf16": dict(config=LlamaConfig(**LLAMA), dtype=torch.bfloat16),
    "llama_scaled": dict(
        config=LlamaConfig(**LLAMA, rope_parameters=ROPE, attention_bias=True, mlp_bias=True)
    ),
    "gpt2": dict(config=GPT2Config(**GPT2, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)),
    "gpt2_f16": dict(
        config=GPT2Config(**GPT2, n_inner=40, activation_function="relu", tie_word_embeddings=False),
        dtype=torch.float16,
    ),
    # As the first versions stored it: without the prefix of the whole model, with masks.
    "gpt2_bare": dict(config=GPT2Config(**GPT2, layer_norm_epsilon=1e-3), bare=True),
}


def main():
    torch.manual_seed(7)
    for name, case in CASES.items():
        folder = os.path.join(HERE, name)
        shutil.rmtree(folder, ignore_errors=True)
        config = case["config"]
        kind = LlamaForCausalLM if config.model_type == "llama" else GPT2LMHeadModel
        model = kind(config).eval()
        with torch.no_grad():
            for key, value in model.named_parameters():
                value.normal_(1.0 if "norm" in key or "ln_" in key else 0.0, 0.3)
        model = model.to(case.get("dtype", torch.float32))
        model.save_pretrained(folder, max_shard_size=case.get("shards", "1GB"))
        os.remove(os.path.join(folder, "generation_config.json"))
        if case.get("bare"):
            save_bare(model, folder)
        write_logits(folder, name)


def save_bare(model, folder):
    tensors = {
        key.removeprefix("transformer."): value.clone()
        for key, value in model.state_dict().items()
        if key != "lm_head.weight"
    }
    size = model.config.n_positions
    for layer in range(model.config.n_layer):
        mask = torch.tril(torch.ones(size, size, dtype=torch.bool)).view(1, 1, size, size)
        tensors[f"h.{layer}.attn.bias"] = mask
        tensors[f"h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
    save_file(tensors, os.path.join(folder, "model.safetensors"), {"format": "pt"})


def write_logits(folder, name):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    generator = torch.Generator().manual_seed(len(name))
    tokens = torch.randint(VOCAB, (BATCH, SEQ), generator=generator)
    with torch.no_grad():
        logits = model(tokens).logits
    print(name, "logits", tuple(logits.shape), "std", f"{logits.std():.3f}")
    rounded = [[[float(f"{x:.7g}") for x in row] for row in rows] for rows in logits.tolist()]
    with open(os.path.join(folder, "logits.json"), "w") as file:
        json.dump({"tokens": tokens.tolist(), "logits": rounded}, file, separators=(",", ":"))
        file.write("\n")


main()
