"""LoRA adapters on a base: PEFT's format and layers, our own first weights, and the base back bit for bit afterwards.

First weights are a pure function of (seed, module name, rank): two engines, or the same trial in another process, start alike.
"""

from __future__ import annotations

import hashlib
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import torch
from peft import LoraConfig, PeftModel, get_peft_model, load_peft_weights, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from sweep.config import LoraConfig as Recipe
from sweep.errors import ModelFault
from sweep.model.base import DTYPES, Base

# R rank, D width in, O width out of one linear layer
NAME = "default"  # PEFT's name for the one adapter of a model
PREFIX = "base_model.model."  # PEFT's, before the name of a module in a file of weights
WEIGHTS = "adapter_model.safetensors"
COMMIT = re.compile(r"[0-9a-f]{40}")


def peft_config(names: Sequence[str], *, rank: int, alpha: float, dropout: float = 0.0, rslora: bool = False) -> LoraConfig:
    """PEFT's configuration for adapters on exactly these modules (full names, as `Layers.select` gives them)."""
    if rank < 1:
        raise ModelFault(f"lora.rank: got {rank}, expected a whole number of at least 1")
    return LoraConfig(
        task_type="CAUSAL_LM",
        target_modules=list(names),
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        use_rslora=rslora,
        bias="none",
    )


def scaling(rank: int, alpha: float, rslora: bool = False) -> float:
    """The factor of B·A: alpha / rank (arXiv:2106.09685, section 4.1) or alpha / sqrt(rank) (rsLoRA, arXiv:2312.03732)."""
    return alpha / math.sqrt(rank) if rslora else alpha / rank


def initial_a(seed: int, name: str, rank: int, width_in: int) -> Tensor:
    """First A of one module, [R, D] in fp32 on the CPU; B starts at zero, so a fresh adapter changes nothing.

    Kaiming-uniform with a = sqrt(5), as PEFT: uniform within ±1/sqrt(D). Depends on the arguments alone.
    """
    digest = hashlib.sha256(f"{seed}\n{name}\n{rank}".encode()).digest()
    stream = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    bound = 1 / math.sqrt(width_in)
    return torch.empty(rank, width_in).uniform_(-bound, bound, generator=stream)


def attach(
    base: Base,
    names: Sequence[str],
    *,
    rank: int,
    alpha: float,
    dropout: float = 0.0,
    rslora: bool = False,
    seed: int = 0,
    precision: Literal["fp32", "bf16"] = "fp32",
) -> PeftModel:
    """Wrap these modules of the base, in place, with fresh adapters; only they require gradients. Undo with `detach`."""
    config = peft_config(names, rank=rank, alpha=alpha, dropout=dropout, rslora=rslora)
    with _peft_alone():
        model = get_peft_model(base.model, config, autocast_adapter_dtype=False)
    cast_adapters(model, precision)
    initialise(model, seed)
    return model


def initialise(model: PeftModel, seed: int) -> None:
    """Write the first weights of this seed into every adapter, in the adapters' own precision."""
    with torch.no_grad():
        for name, layer in adapters(model):
            down_RD, up_OR = layer.lora_A[NAME].weight, layer.lora_B[NAME].weight
            down_RD.copy_(initial_a(seed, name, *down_RD.shape))
            up_OR.zero_()


def adapters(model: PeftModel) -> Iterator[tuple[str, LoraLayer]]:
    """(full module name in the base, PEFT's layer) of every adapted module."""
    for name, module in model.get_base_model().named_modules():
        if isinstance(module, LoraLayer):
            yield name, module


def cast_adapters(model: PeftModel, precision: Literal["fp32", "bf16"]) -> None:
    """Hold every adapter in this precision, whatever the base or another library made of it. Keeps the parameter objects."""
    for _, layer in adapters(model):
        for part in (layer.lora_A[NAME], layer.lora_B[NAME]):
            part.weight.data = part.weight.data.to(DTYPES[precision])


def detach(model: PeftModel) -> nn.Module:
    """Take the adapters off again: the base as it was before `attach`, bit for bit, ready for the next trial."""
    base: nn.Module = model.unload()
    base.__dict__.pop("peft_config", None)  # some versions leave it, and the next attach would count as a second adapter on top
    base.requires_grad_(False).eval()
    return base


def save(model: PeftModel, folder: Path, base: Base) -> None:
    """Write the adapter in PEFT's format: adapter_config.json and adapter_model.safetensors.

    The base is recorded by its source. Embeddings are never written: PEFT would add them all for an adapter on lm_head.
    """
    config = model.peft_config[NAME]
    config.base_model_name_or_path = base.source
    config.target_modules = sorted(config.target_modules)  # PEFT holds a set, whose order differs between processes
    config.revision = base.revision if COMMIT.fullmatch(base.revision or "") else None
    model.save_pretrained(str(folder), save_embedding_layers=False)


def write(folder: Path, base: Base, recipe: Recipe, weights: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    """The same files as `save`, from (A_RD, B_OR) by module: what an engine without PEFT's modules has."""
    peft = peft_config(sorted(weights), rank=recipe.rank, alpha=recipe.scaled_alpha, dropout=recipe.dropout, rslora=recipe.rslora)
    peft.base_model_name_or_path = base.source
    peft.revision = base.revision if COMMIT.fullmatch(base.revision or "") else None
    peft.inference_mode = True
    folder.mkdir(parents=True, exist_ok=True)
    peft.save_pretrained(str(folder))
    sides = [
        (f"{PREFIX}{name}.lora_{side}.weight", part)
        for name, both in weights.items()
        for side, part in zip("AB", both, strict=True)
    ]
    save_file({name: part.detach().cpu().contiguous() for name, part in sides}, folder / WEIGHTS, {"format": "pt"})


def read(folder: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """(A_RD, B_OR) by module of a saved adapter. Raises: ModelFault if the folder holds none."""
    if not (folder / WEIGHTS).is_file():
        raise ModelFault(f"adapter: {folder} holds no {WEIGHTS}; expected a folder that save wrote")
    found = load_file(folder / WEIGHTS)
    names = [name.removeprefix(PREFIX).removesuffix(".lora_A.weight") for name in found if name.endswith(".lora_A.weight")]
    return {name: (found[f"{PREFIX}{name}.lora_A.weight"], found[f"{PREFIX}{name}.lora_B.weight"]) for name in names}


def load_into(
    base: Base, folder: Path, *, trainable: bool = False, precision: Literal["fp32", "bf16"] | None = None
) -> PeftModel:
    """The base with a saved adapter, in the precision it was saved in unless another is named. Undo with `detach`.

    Raises: ModelFault if the folder holds no adapter.
    """
    if not (folder / "adapter_config.json").is_file():
        raise ModelFault(
            f"adapter: {folder} holds no adapter_config.json; expected a folder that save wrote, or any PEFT LoRA adapter"
        )
    with _peft_alone():
        model = PeftModel.from_pretrained(base.model, str(folder), is_trainable=trainable, autocast_adapter_dtype=False)
    cast_adapters(model, precision or _saved_precision(folder))  # PEFT loads into fp32 whatever the file holds
    return model


def restore(model: PeftModel, folder: Path, precision: Literal["fp32", "bf16"]) -> None:
    """Set the weights of attached adapters to those that `save` wrote; an optimizer keeps its parameters."""
    set_peft_model_state_dict(model, load_peft_weights(str(folder), device="cpu"), adapter_name=NAME)
    cast_adapters(model, precision)


def _saved_precision(folder: Path) -> Literal["fp32", "bf16"]:
    """The precision of the adapter in a folder."""
    with safe_open(folder / WEIGHTS, framework="pt") as file:
        return "bf16" if file.get_slice(next(iter(file.keys()))).get_dtype() == "BF16" else "fp32"


@contextmanager
def _peft_alone() -> Iterator[None]:
    """PEFT at work, without its draws from the global random stream and without two warnings that tell a user nothing."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        # Tied weights matter when merging into lm_head, which would change the embedding: we never merge.
        warnings.filterwarnings("ignore", message=".*tie_word_embeddings")
        # transformers renamed a property that PEFT still reads.
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        yield
