"""What is trained and asked: rows of three kinds, the configurations of trials, questions.

equal   rows of one length with random tokens; all trials alike: rank 16, the seven layers of a block
real    the shipped set's rows and paraphrases in their own lengths; all trials alike, reading the same rows as in a sweep
mixed   the same rows, but every trial in an order of its own, with three target sets and ranks 4, 16, 64 in turn
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from bench.bases import SET

from sweep.config import LoraConfig, TrainingConfig
from sweep.data import files, prompts, tokens
from sweep.data.tokens import TokenRow
from sweep.model.base import Base
from sweep.train.engine import Plan
from sweep.train.order import epoch_order

CONF = Path(__file__).resolve().parents[1] / "conf"
TARGETS, RANKS = ("attention", "mlp", "all"), (4, 16, 64)
MAX_LENGTH = 256


@dataclass(frozen=True)
class Work:
    """Rows of one kind for trials of one size."""

    base: Base
    kind: str
    rows: tuple[TokenRow, ...]
    batch: int
    folder: Path

    def plan(self, trial: int) -> Plan:
        """The training of one of the trials, with the product's defaults elsewhere; one epoch, which is never trained whole."""
        mixed = self.kind == "mixed"
        targets = TARGETS[trial % len(TARGETS)] if mixed else "all"
        rank = RANKS[trial // len(TARGETS) % len(RANKS)] if mixed else 16
        lora = replace(LoraConfig(**_defaults("lora")), targets=targets, rank=rank)
        training = replace(TrainingConfig(**_defaults("training")), batch_size=self.batch, epochs=1)
        modules = self.base.layers.select(lora.targets, lora.layers, lora.lm_head)
        return Plan(self.rows, modules, lora, training, trial if mixed else 0, self.folder / str(trial))

    def counted(self, trials: Sequence[int], first: int, last: int) -> tuple[int, int]:
        """Tokens and labels of these trials' optimizer steps from `first` up to `last`."""
        found_tokens = found_labels = 0
        for trial in trials:
            order = epoch_order(len(self.rows), self.plan(trial).seed, 0)
            members = [self.rows[at] for at in order[first * self.batch : last * self.batch]]
            found_tokens += sum(len(row.input_ids) for row in members)
            found_labels += sum(sum(row.completion_mask[1:]) for row in members)
        return found_tokens, found_labels


def work(base: Base, kind: str, steps: int, batch: int, length: int, folder: Path) -> Work:
    """Rows for so many optimizer steps. Raises: SystemExit where the shipped set has too few."""
    count = steps * batch
    rows = _equal(base, count, length) if kind == "equal" else _real(base)
    if len(rows) < count:
        raise SystemExit(f"{SET} has {len(rows)} rows, {steps} steps of {batch} need {count}; type smaller --steps or --warmup")
    return Work(base, kind, rows[:count] if kind == "equal" else _spread(rows, count), batch, folder)


def questions(base: Base, count: int) -> list[str]:
    """Rendered dev questions of all levels, taken evenly."""
    prompt = prompts.build(base.tokenizer, "chat", None)
    items = [item for item in files.load(SET).eval if item.split == "dev"]
    return [prompt.render(item.prompt) for item in _spread(items, min(count, len(items)))]


def _equal(base: Base, count: int, length: int) -> tuple[TokenRow, ...]:
    """The second half of each row is learned."""
    draw, half = random.Random(0), length // 2
    known = len(base.tokenizer)
    mask = (*[0] * half, *[1] * (length - half))
    return tuple(TokenRow(tuple(draw.randrange(3, known) for _ in range(length)), mask) for _ in range(count))


def _real(base: Base) -> tuple[TokenRow, ...]:
    dataset = files.load(SET)
    prompt = prompts.build(base.tokenizer, "chat", None)
    return tokens.tokenise([*dataset.train, *dataset.paraphrases], base.tokenizer, prompt, MAX_LENGTH, True)


def _spread(items: Sequence[Any], count: int) -> Any:
    return tuple(items[at * len(items) // count] for at in range(count))


def _defaults(group: str) -> dict[str, Any]:
    """The product's defaults. YAML 1.1 reads 1e-3 as a text."""
    found: dict[str, Any] = yaml.safe_load((CONF / group / "default.yaml").read_text(encoding="utf-8"))
    return {key: float(value) if str(value)[:1].isdigit() and isinstance(value, str) else value for key, value in found.items()}
