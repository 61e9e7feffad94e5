"""Time of a whole training step of nanoGPT's CPU model in PyTorch, eager and compiled, beside
`deno task bench step nanogpt`.

    python tests/bench/step.py [STEPS] [THREADS] [compile]      # needs torch
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
THREADS = int(sys.argv[2]) if len(sys.argv) > 2 else 2
COMPILED = len(sys.argv) > 3 and sys.argv[3] == "compile"
BATCH, SEQ, VOCAB, LAYERS, EMBED, HEADS, WARMUP = 12, 64, 65, 4, 128, 4, 20
torch.set_num_threads(THREADS)
torch.manual_seed(1)


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = torch.nn.LayerNorm(EMBED, bias=False)
        self.qkv = torch.nn.Linear(EMBED, 3 * EMBED, bias=False)
        self.o = torch.nn.Linear(EMBED, EMBED, bias=False)
        self.norm2 = torch.nn.LayerNorm(EMBED, bias=False)
        self.up = torch.nn.Linear(EMBED, 4 * EMBED, bias=False)
        self.down = torch.nn.Linear(4 * EMBED, EMBED, bias=False)

    def forward(self, x):
        q, k, v = (
            t.view(BATCH, SEQ, HEADS, EMBED // HEADS).transpose(1, 2)
            for t in self.qkv(self.norm1(x)).split(EMBED, dim=2)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(y.transpose(1, 2).reshape(BATCH, SEQ, EMBED))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCAB, EMBED)
        self.positions = torch.nn.Parameter(0.02 * torch.randn(SEQ, EMBED))
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(EMBED, bias=False)

    def forward(self, tokens, targets):
        x = self.embedding(tokens) + self.positions
        for layer in self.layers:
            x = layer(x)
        logits = F.linear(self.norm(x), self.embedding.weight)
        return F.cross_entropy(logits.view(-1, VOCAB), targets.view(-1))


model = Model()
loss_of = torch.compile(model) if COMPILED else model
matrices = [p for p in model.parameters() if p.dim() >= 2]
vectors = [p for p in model.parameters() if p.dim() < 2]
optimizer = torch.optim.AdamW(
    [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
    lr=1e-3,
    betas=(0.9, 0.99),
)
tokens = (torch.arange(BATCH * SEQ) * 7919 % VOCAB).view(BATCH, SEQ)
times = []
for step in range(WARMUP + STEPS):
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    loss_of(tokens, tokens).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step >= WARMUP:
        times.append(1000 * (time.perf_counter() - start))
times.sort()
median = times[len(times) // 2]
print(json.dumps({
    "bench": "step",
    "engine": "pytorch, compiled" if COMPILED else "pytorch",
    "threads": THREADS,
    "ms_median": round(median, 2),
    "ms_min": round(times[0], 2),
    "tokens_per_s": round(1000 * BATCH * SEQ / median),
}))
