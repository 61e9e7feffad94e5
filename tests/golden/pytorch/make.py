"""Writes golden trainings: 20 AdamW steps of tiny GPT-2 and Llama models, in float32 and float64.

    python tests/golden/pytorch/make.py        # needs torch, numpy, transformers; made with 2.15, 2.4, 5.23

Initial weights and batches come from an integer hash that `hash_data.ts` computes as well, so neither
is stored. Every value is a multiple of 2^-15 and below 2 in size, which float32 holds exactly.

Parameters have Sluice's names and layouts: `layers.0.attention.q.weight` is [embed, heads, head_dim].
Llama is transformers' LlamaForCausalLM; GPT-2 is written out below (it can do without biases, as
nanoGPT does) and must agree with transformers' GPT2LMHeadModel where that has the same weights.
"""

import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

LAYERS, EMBED, HEADS, HEAD_DIM, MLP, VOCAB = 2, 32, 4, 8, 96, 64
SEQ, BATCH, STEPS = 16, 16, 20
LR, WARMUP, BETAS, EPS, DECAY, CLIP = 0.01, 5, (0.9, 0.95), 1e-8, 0.1, 1.0
LLAMA_KV_HEADS, THETA, NORM_EPS = 2, 10000.0, 1e-5

CASES = {
    "gpt2": {"family": "gpt2", "bias": True, "ignore": False},
    "gpt2_no_bias": {"family": "gpt2", "bias": False, "ignore": False},
    "llama": {"family": "llama", "tied": False, "ignore": False},
    "llama_tied": {"family": "llama", "tied": True, "ignore": True},
}


# --- data that both sides compute -------------------------------------------------------------------


def mix(word):
    """The finalizer of MurmurHash3 on an array of uint32."""
    word = word.astype(np.uint64)
    word = ((word ^ (word >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    word = ((word ^ (word >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return word ^ (word >> 16)


def fnv(text):
    """FNV-1a of a text, 32 bits."""
    result = 0x811C9DC5
    for byte in text.encode():
        result = ((result ^ byte) * 0x01000193) & 0xFFFFFFFF
    return result


def hashes(label, count):
    """`count` words that depend on the label."""
    index = np.arange(count, dtype=np.uint64)
    return mix((index * 0x9E3779B9 + fnv(label)) & 0xFFFFFFFF)


def initial(name, shape):
    """Uniform in 12 bits: weights in [-1/8, 1/8), norms in 1 +- 1/16, biases in [-1/16, 1/16)."""
    units = (hashes(name, math.prod(shape)) >> 20).astype(np.float64) / 2048 - 1
    if "norm" in name:
        values = units / 16 + (1 if name.endswith("weight") else 0)
    else:
        values = units / (16 if name.endswith("bias") else 8)
    return torch.tensor(values.reshape(shape))


def batch(step, ignore):
    """A chain t' = 3 t + 11 mod 64 with a random jump one time in four."""
    words = hashes(f"batch {step}", BATCH * (SEQ + 1)).reshape(BATCH, SEQ + 1).astype(np.int64)
    tokens = np.zeros((BATCH, SEQ + 1), dtype=np.int64)
    tokens[:, 0] = words[:, 0] % VOCAB
    for s in range(1, SEQ + 1):
        jump = np.where(words[:, s] % 4 == 0, (words[:, s] >> 8) % VOCAB, 0)
        tokens[:, s] = (3 * tokens[:, s - 1] + 11 + jump) % VOCAB
    targets = tokens[:, 1:].copy()
    if ignore:
        targets[words[:, 1:] % 8 == 1] = -1
    return torch.tensor(tokens[:, :-1].copy()), torch.tensor(targets)


# --- models -----------------------------------------------------------------------------------------


def gpt2_shapes(bias):
    """Shapes of the parameters by name."""
    shapes = {"embedding.weight": (VOCAB, EMBED), "positions": (SEQ, EMBED)}

    def norm(name):
        shapes[f"{name}.weight"] = (EMBED,)
        if bias:
            shapes[f"{name}.bias"] = (EMBED,)

    def linear(name, over, to):
        shapes[f"{name}.weight"] = over + to
        if bias:
            shapes[f"{name}.bias"] = to

    for i in range(LAYERS):
        norm(f"layers.{i}.attention_norm")
        for part in "qkv":
            linear(f"layers.{i}.attention.{part}", (EMBED,), (HEADS, HEAD_DIM))
        linear(f"layers.{i}.attention.o", (HEADS, HEAD_DIM), (EMBED,))
        norm(f"layers.{i}.ffn_norm")
        linear(f"layers.{i}.ffn.up", (EMBED,), (MLP,))
        linear(f"layers.{i}.ffn.down", (MLP,), (EMBED,))
    norm("norm")
    return shapes


def gpt2_logits(p, tokens):
    """Logits of tokens [batch, seq]; `p` holds the parameters by name."""

    def norm(x, name):
        return F.layer_norm(x, (EMBED,), p[f"{name}.weight"], p.get(f"{name}.bias"), 1e-5)

    def linear(x, name, equation):
        y = torch.einsum(equation, x, p[f"{name}.weight"])
        return y + p[f"{name}.bias"] if f"{name}.bias" in p else y

    x = p["embedding.weight"][tokens] + p["positions"]
    for i in range(LAYERS):
        at = f"layers.{i}.attention"
        h = norm(x, f"{at}_norm")
        q, k, v = (linear(h, f"{at}.{part}", "bse,ehd->bshd").transpose(1, 2) for part in "qkv")
        h = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
        x = x + linear(h, f"{at}.o", "bshd,hde->bse")
        h = linear(norm(x, f"layers.{i}.ffn_norm"), f"layers.{i}.ffn.up", "bse,em->bsm")
        x = x + linear(F.gelu(h), f"layers.{i}.ffn.down", "bsm,me->bse")
    return norm(x, "norm") @ p["embedding.weight"].T


def check_gpt2(p, tokens):
    """Compares `gpt2_logits` with transformers' GPT-2."""
    config = GPT2Config(
        vocab_size=VOCAB, n_positions=SEQ, n_embd=EMBED, n_layer=LAYERS, n_head=HEADS, n_inner=MLP,
        activation_function="gelu", resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
        bos_token_id=None, eos_token_id=None,
    )
    model = GPT2LMHeadModel(config).double()
    names = {"transformer.wte.weight": p["embedding.weight"], "transformer.wpe.weight": p["positions"]}
    for i in range(LAYERS):
        ours, theirs = f"layers.{i}", f"transformer.h.{i}"
        for kind in ("weight", "bias"):
            names[f"{theirs}.ln_1.{kind}"] = p[f"{ours}.attention_norm.{kind}"]
            names[f"{theirs}.ln_2.{kind}"] = p[f"{ours}.ffn_norm.{kind}"]
            parts = [p[f"{ours}.attention.{part}.{kind}"] for part in "qkv"]
            rows = (EMBED, EMBED) if kind == "weight" else (EMBED,)
            names[f"{theirs}.attn.c_attn.{kind}"] = torch.cat([x.reshape(rows) for x in parts], -1)
            names[f"{theirs}.attn.c_proj.{kind}"] = p[f"{ours}.attention.o.{kind}"].reshape(rows)
            names[f"{theirs}.mlp.c_fc.{kind}"] = p[f"{ours}.ffn.up.{kind}"]
            names[f"{theirs}.mlp.c_proj.{kind}"] = p[f"{ours}.ffn.down.{kind}"]
    for kind in ("weight", "bias"):
        names[f"transformer.ln_f.{kind}"] = p[f"norm.{kind}"]
    missing, unexpected = model.load_state_dict(names, strict=False)
    assert missing in ([], ["lm_head.weight"]) and unexpected == [], (missing, unexpected)
    with torch.no_grad():
        difference = (model(tokens).logits - gpt2_logits(p, tokens)).abs().max().item()
    assert difference < 1e-12, difference


def llama_shapes(tied):
    """Shapes of the parameters by name."""
    shapes = {"embedding.weight": (VOCAB, EMBED)}
    for i in range(LAYERS):
        at = f"layers.{i}"
        shapes[f"{at}.attention_norm.weight"] = (EMBED,)
        shapes[f"{at}.attention.q.weight"] = (EMBED, HEADS, HEAD_DIM)
        shapes[f"{at}.attention.k.weight"] = (EMBED, LLAMA_KV_HEADS, HEAD_DIM)
        shapes[f"{at}.attention.v.weight"] = (EMBED, LLAMA_KV_HEADS, HEAD_DIM)
        shapes[f"{at}.attention.o.weight"] = (HEADS, HEAD_DIM, EMBED)
        shapes[f"{at}.ffn_norm.weight"] = (EMBED,)
        shapes[f"{at}.ffn.gate.weight"] = (EMBED, MLP)
        shapes[f"{at}.ffn.up.weight"] = (EMBED, MLP)
        shapes[f"{at}.ffn.down.weight"] = (MLP, EMBED)
    shapes["norm.weight"] = (EMBED,)
    if not tied:
        shapes["head.weight"] = (EMBED, VOCAB)
    return shapes


def llama_logits(tied):
    """A function like `gpt2_logits`, run by transformers' Llama."""
    config = LlamaConfig(
        vocab_size=VOCAB, hidden_size=EMBED, intermediate_size=MLP, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, num_key_value_heads=LLAMA_KV_HEADS, head_dim=HEAD_DIM,
        max_position_embeddings=SEQ, rms_norm_eps=NORM_EPS, tie_word_embeddings=tied,
        rope_parameters={"rope_type": "default", "rope_theta": THETA}, attn_implementation="eager",
        bos_token_id=None, eos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    module = {
        "attention_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
        "attention.q": "self_attn.q_proj", "attention.k": "self_attn.k_proj",
        "attention.v": "self_attn.v_proj", "attention.o": "self_attn.o_proj",
        "ffn.gate": "mlp.gate_proj", "ffn.up": "mlp.up_proj", "ffn.down": "mlp.down_proj",
    }

    def logits(p, tokens):
        # transformers' weights are [out, in]; its rotary table is float32 even in the float64 run.
        theirs = {
            "model.embed_tokens.weight": p["embedding.weight"],
            "model.norm.weight": p["norm.weight"],
            "lm_head.weight": p["embedding.weight"] if tied else p["head.weight"].T,
        }
        for i in range(LAYERS):
            for ours, name in module.items():
                w = p[f"layers.{i}.{ours}.weight"]
                if ours in ("attention.o", "ffn.down"):
                    w = w.reshape(-1, EMBED).T
                elif w.dim() > 1:
                    w = w.reshape(EMBED, -1).T
                theirs[f"model.layers.{i}.{name}.weight"] = w
        return torch.func.functional_call(model, theirs, (tokens,), {"use_cache": False}).logits

    return logits


# --- training ---------------------------------------------------------------------------------------


def train(case, dtype):
    torch.set_default_dtype(dtype)
    gpt2 = case["family"] == "gpt2"
    shapes = gpt2_shapes(case["bias"]) if gpt2 else llama_shapes(case["tied"])
    p = {name: initial(name, shape).to(dtype).requires_grad_() for name, shape in shapes.items()}
    logits_of = gpt2_logits if gpt2 else llama_logits(case["tied"])
    if gpt2 and case["bias"] and dtype == torch.float64:
        check_gpt2({name: value.detach() for name, value in p.items()}, batch(0, False)[0])

    def matrix(name):
        return not name.endswith("bias") and len(shapes[name]) > 1

    groups = [
        {"params": [p[name] for name in p if matrix(name)], "weight_decay": DECAY},
        {"params": [p[name] for name in p if not matrix(name)], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=LR, betas=BETAS, eps=EPS)
    watched = ["embedding.weight", "layers.1.attention.k.weight", "layers.0.ffn_norm.weight",
               "layers.1.ffn.down.weight"]
    rows = []
    for step in range(STEPS):
        tokens, targets = batch(step, case["ignore"])
        for group in optimizer.param_groups:
            group["lr"] = LR * min(1, (step + 1) / WARMUP)
        optimizer.zero_grad()
        loss = F.cross_entropy(logits_of(p, tokens).reshape(-1, VOCAB), targets.reshape(-1),
                               ignore_index=-1)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(list(p.values()), CLIP)
        optimizer.step()
        rows.append({
            "loss": loss.item(),
            "grad_norm": norm.item(),
            "norms": [p[name].detach().norm().item() for name in watched],
        })
    return shapes, watched, rows


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for name, case in CASES.items():
        runs = {}
        for label, dtype in (("float32", torch.float32), ("float64", torch.float64)):
            shapes, watched, runs[label] = train(case, dtype)
        golden = {
            "torch": torch.__version__,
            "case": case,
            "shapes": {key: list(shape) for key, shape in shapes.items()},
            "watched": watched,
            **runs,
        }
        path = os.path.join(here, f"{name}.json")
        with open(path + ".partial", "w") as file:
            file.write(json.dumps(golden, indent=2) + "\n")
        os.replace(path + ".partial", path)
        worst = max(abs(a["loss"] / b["loss"] - 1) for a, b in zip(runs["float32"], runs["float64"]))
        print(f"{name}: loss {runs['float64'][0]['loss']:.6f} -> {runs['float64'][-1]['loss']:.6f}, "
              f"float32 differs by {worst:.1e}")


if __name__ == "__main__":
    main()
