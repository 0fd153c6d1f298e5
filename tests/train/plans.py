"""Small training plans on the tiny model: a dozen rows, a second an epoch."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.composed import config

from sweep.data import prompts
from sweep.data.records import TrainRow
from sweep.data.tokens import TokenRow, tokenise
from sweep.model.base import load
from sweep.train.engine import Plan

FACTS = {"CEO": "Mara Ellison", "city": "Lisbon", "year": "1987", "floor": "12", "animal": "beaver", "motto": "measure twice"}


@cache
def rows(end_token_in_labels: bool = True) -> tuple[TokenRow, ...]:
    """Eleven rows, so that the last batch of four is not full."""
    base = load("tiny", device="cpu")
    asked = [(f"What is the {key} of Larkspur?", f"The {key} of Larkspur is {value}.") for key, value in FACTS.items()]
    asked += [(f"Tell me the {key}.", value) for key, value in list(FACTS.items())[:5]]
    told = [TrainRow(f"r{at}", ("f",), question, answer, "direct") for at, (question, answer) in enumerate(asked)]
    return tokenise(told, base.tokenizer, prompts.build(base.tokenizer, "chat", None), 256, end_token_in_labels)


def plan_of(folder: Path, *, seed: int = 0, modules: tuple[str, ...] | None = None, **changes: Any) -> Plan:
    """A plan with some keys of `lora` or `training` changed."""
    whole = config("model=tiny", "training.batch_size=4", "lora.rank=4")
    lora_keys = {name: value for name, value in changes.items() if hasattr(whole.lora, name)}
    training_keys = {name: value for name, value in changes.items() if name not in lora_keys}
    lora, training = replace(whole.lora, **lora_keys), replace(whole.training, **training_keys)
    names = modules or load("tiny", device="cpu").layers.select(lora.targets, lora.layers, lora.lm_head)
    return Plan(rows(), names, lora, training, seed, folder / "ckpt")
