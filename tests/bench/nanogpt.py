"""nanoGPT's CPU run in PyTorch, the recipe of pipelines/shakespeare_char.yaml: its held-out loss.

    python tests/bench/nanogpt.py PATH/tinyshakespeare.txt SEED      # needs torch

The loss is the mean over the whole last tenth of the text, in windows of 64 that do not overlap.
"""

import json
import math
import sys
import time

import torch
import torch.nn.functional as F

BATCH, SEQ, LAYERS, EMBED, HEADS, STEPS = 12, 64, 4, 128, 4, 2000
LR, FINAL, WARMUP = 1e-3, 1e-4, 100
torch.set_num_threads(2)
torch.manual_seed(int(sys.argv[2]))

text = open(sys.argv[1], encoding="utf-8").read()
ids = {char: i for i, char in enumerate(sorted(set(text)))}
VOCAB = len(ids)
data = torch.tensor([ids[char] for char in text])
train, held_out = data[: int(0.9 * len(data))], data[int(0.9 * len(data)) :]


def normal(*shape, std=0.02):
    return torch.nn.Parameter(std * torch.randn(*shape))


OUT = 0.02 / math.sqrt(2 * LAYERS)
embedding, positions = normal(VOCAB, EMBED), normal(SEQ, EMBED)
layers = [
    {
        "norm1": torch.nn.Parameter(torch.ones(EMBED)),
        "qkv": normal(3 * EMBED, EMBED),
        "o": normal(EMBED, EMBED, std=OUT),
        "norm2": torch.nn.Parameter(torch.ones(EMBED)),
        "up": normal(4 * EMBED, EMBED),
        "down": normal(EMBED, 4 * EMBED, std=OUT),
    }
    for _ in range(LAYERS)
]
norm = torch.nn.Parameter(torch.ones(EMBED))
parameters = [embedding, positions, norm, *(p for layer in layers for p in layer.values())]


def loss_of(tokens, targets):
    batch = len(tokens)
    x = embedding[tokens] + positions
    for layer in layers:
        h = F.layer_norm(x, (EMBED,), layer["norm1"])
        q, k, v = (
            t.view(batch, SEQ, HEADS, EMBED // HEADS).transpose(1, 2)
            for t in F.linear(h, layer["qkv"]).split(EMBED, dim=2)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.linear(y.transpose(1, 2).reshape(batch, SEQ, EMBED), layer["o"])
        h = F.layer_norm(x, (EMBED,), layer["norm2"])
        x = x + F.linear(F.gelu(F.linear(h, layer["up"])), layer["down"])
    logits = F.linear(F.layer_norm(x, (EMBED,), norm), embedding)
    return F.cross_entropy(logits.view(-1, VOCAB), targets.reshape(-1))


optimizer = torch.optim.AdamW(
    [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": 0.1},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ],
    lr=LR,
    betas=(0.9, 0.99),
)
start = time.perf_counter()
for step in range(STEPS):
    if step < WARMUP:
        rate = LR * (step + 1) / (WARMUP + 1)
    else:
        share = (step - WARMUP) / (STEPS - WARMUP)
        rate = FINAL + 0.5 * (1 + math.cos(math.pi * share)) * (LR - FINAL)
    for group in optimizer.param_groups:
        group["lr"] = rate
    starts = torch.randint(len(train) - SEQ, (BATCH,))
    windows = torch.stack([train[i : i + SEQ + 1] for i in starts])
    optimizer.zero_grad(set_to_none=True)
    loss_of(windows[:, :-1], windows[:, 1:]).backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
seconds = time.perf_counter() - start

count = (len(held_out) - 1) // SEQ
tokens = held_out[: count * SEQ].view(count, SEQ)
targets = held_out[1 : count * SEQ + 1].view(count, SEQ)
with torch.no_grad():
    total = sum(
        loss_of(a, b).item() * len(a) for a, b in zip(tokens.split(64), targets.split(64))
    )
print(json.dumps({
    "seed": int(sys.argv[2]),
    "params": sum(p.numel() for p in parameters),
    "val_loss": round(total / count, 4),
    "seconds": round(seconds, 1),
}))
