"""Loads checkpoints that Sluice wrote in transformers, and compares its logits with Sluice's.

    python tests/golden/transformers/check_export.py runs/NAME/STAGE/checkpoint ...

Prints the largest difference of each; fails if one is above 1e-4, or if transformers leaves out a tensor
or makes one up.
"""

import json
import os
import subprocess
import sys

import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH, SEQ = 2, 16


def check(folder):
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    left = {key: sorted(value) for key, value in report.items() if value}
    assert not left, f"{folder}: {left}"
    assert model.dtype == torch.float32, model.dtype
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with safe_open(os.path.join(folder, "model.safetensors"), "pt") as file:
        count = len(file.keys())
    tokens = torch.randint(len(tokenizer), (BATCH, SEQ), generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        logits = model.eval()(tokens).logits
    script = os.path.join(HERE, "folder_logits.ts")
    command = ["deno", "run", "-R", "-E", script, folder, json.dumps(tokens.tolist())]
    ours = torch.tensor(json.loads(subprocess.check_output(command))).reshape(logits.shape)
    difference = (logits - ours).abs().max().item()
    kind = type(model).__name__
    print(f"{folder}: {kind}, {count} tensors, largest logit {logits.abs().max():.3f}, "
          f"largest difference {difference:.2g}")
    return difference <= 1e-4


sys.exit(0 if all([check(folder) for folder in sys.argv[1:]]) else 1)
