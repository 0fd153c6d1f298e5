"""A base with an adapter added into its weights: a model folder that any program loads without PEFT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from sweep.model import lora
from sweep.model.base import Base
from sweep.model.base_quiet import quiet


def write(base: Base, adapter: Path, out: Path) -> None:
    """Merge W + scaling · B·A into every adapted layer of a plain base and write model and tokenizer as `save_pretrained` does.

    The base carries the merged weights afterwards: load it anew for anything else. An adapted head that shares its weights with
    the embedding gets its own, or the embedding would change with it.
    Raises: ModelFault where the folder holds no adapter; AssertionError for a quantised base, whose weights cannot hold the sum.
    """
    assert base.quantization == "none", "the sum of quantised weights and an adapter would be rounded again"
    heads = {layer.name for layer in base.layers.found if layer.depth is None}
    with torch.no_grad():
        if not heads.isdisjoint(lora.read(adapter)):
            _untie(base.model)
        merged: Any = lora.load_into(base, adapter).merge_and_unload()
    with quiet():
        merged.save_pretrained(str(out))
    base.tokenizer.save_pretrained(str(out))


def _untie(model: Any) -> None:
    head = model.get_output_embeddings()
    if head.weight is model.get_input_embeddings().weight:
        head.weight = nn.Parameter(head.weight.detach().clone(), requires_grad=False)
    model.config.tie_word_embeddings = False
