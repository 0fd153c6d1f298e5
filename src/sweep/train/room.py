"""How many trials fit: memory predicted from the model, ranks and row lengths, against what is free now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from sweep.config import Config
from sweep.data.tokens import TokenRow
from sweep.model.base import DTYPES, Base, Precision
from sweep.model.layers import Layers
from sweep.model.memory import allowed_bytes
from sweep.train.engine import Plan

STATE_BYTES = 16  # a trainable parameter: weight, gradient and two moments in fp32
ACTIVATION_FACTOR = 1.3  # what a token leaves behind for the backward pass, in sizes of all linear layers' inputs and outputs
LOGIT_BYTES = 14  # a label and word: the logits in two precisions, their softmax and its gradient
LONGER = 1.3  # a micro-batch's length over that of the average one
SHARE = 0.85  # of the free memory that may be planned with
MOST_ON_GPU, MOST_ON_CPU = 64, 4  # on a CPU, passes serve one trial or two; further slots only fill the batches of questions


def slots(base: Base, plan: Plan, configs: Sequence[Config], most: int | None) -> int:
    """Trials that may train at once on this base: at least 1, at most `most`. `plan` tells the rows, `configs` what comes."""
    limit = MOST_ON_GPU if base.device.startswith("cuda") else MOST_ON_CPU
    limit = min(limit, most) if most is not None else limit
    need = trial_bytes(base.layers, base.precision, plan.rows, configs)
    return max(1, min(limit, int(SHARE * free_bytes(base.device) // need)))


def trial_bytes(layers: Layers, precision: Precision, rows: Sequence[TokenRow], configs: Sequence[Config | Plan]) -> float:
    """Predicted memory of one more trial, for the largest of these configurations: its state, its place in the workspace, its
    activations. `bench/packed.py` writes it beside what is measured."""
    width = DTYPES[precision].itemsize
    chosen = [layers.select(one.lora.targets, one.lora.layers, one.lora.lm_head) for one in configs]
    state = max(layers.trainable(names, one.lora.rank) for names, one in zip(chosen, configs, strict=True))
    everything = sorted({name for names in chosen for name in names})
    workspace = layers.trainable(everything, max(one.lora.rank for one in configs))
    batch = max(one.training.batch_size for one in configs) * LONGER
    tokens = batch * sum(len(row.input_ids) for row in rows) / len(rows)
    labels = batch * sum(sum(row.completion_mask) for row in rows) / len(rows)
    blocks = [layer for layer in layers.found if layer.depth is not None]
    a_token = ACTIVATION_FACTOR * width * sum(layer.width_in + layer.width_out for layer in blocks)
    words = max((layer.width_out for layer in layers.found if layer.depth is None), default=0)
    return STATE_BYTES * state + 2 * width * workspace + tokens * a_token + labels * words * LOGIT_BYTES


def free_bytes(device: str, meminfo: Path = Path("/proc/meminfo")) -> float:
    """Memory that can still be had on a device; on a CPU what the system calls available, infinite where it does not tell."""
    if device.startswith("cuda"):
        free, _ = torch.cuda.mem_get_info(device)
        held, used = torch.cuda.memory_reserved(device), torch.cuda.memory_allocated(device)
        return min(free + held, allowed_bytes(device)) - used
    lines = meminfo.read_text().splitlines() if meminfo.exists() else []
    available = next((line for line in lines if line.startswith("MemAvailable:")), None)
    return float("inf") if available is None else int(available.split()[1]) * 1024.0
