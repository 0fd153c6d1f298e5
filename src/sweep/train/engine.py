"""What every training engine owes a Worker: a few slots, each training one trial's adapter on the shared frozen base.

The engine knows rows, adapters and steps; it knows no questions, no folders but its checkpoints, no study.
`sweep.train.reference` is the slow and trusted one. The contract is tested by `tests/train/contract.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sweep.config import LoraConfig, TrainingConfig
from sweep.data.tokens import TokenRow


@dataclass(frozen=True)
class Plan:
    """One trial's training, ready to start."""

    rows: tuple[TokenRow, ...]
    modules: tuple[str, ...]  # full names of the linear layers that get an adapter
    lora: LoraConfig
    training: TrainingConfig
    seed: int
    checkpoints: Path  # folder of the engine's own; a checkpoint of a finished epoch lies in it, the last one or a recent one

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps of one epoch; the last one may hold fewer rows."""
        batches = -(-len(self.rows) // self.training.batch_size)
        return -(-batches // self.training.accumulation)

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole trial."""
        return self.steps_per_epoch * self.training.epochs

    @property
    def warmup_steps(self) -> int:
        """Optimizer steps over which the learning rate rises from 0 to its peak."""
        return math.ceil(self.training.warmup_ratio * self.steps - 1e-9)

    @property
    def tokens_per_epoch(self) -> int:
        """Tokens of all rows, padding left out."""
        return sum(len(row.input_ids) for row in self.rows)


@dataclass(frozen=True)
class EpochEnd:
    """A trial finished an epoch; its slot waits for the next `advance`."""

    key: str
    epoch: int  # finished epochs, from 1
    losses: tuple[tuple[int, float], ...]  # (optimizer step from 1, mean nats per answer token) of this epoch


@dataclass(frozen=True)
class Broken:
    """A trial raised while it trained; its slot is free again."""

    key: str
    error: Exception


class Diverged(ArithmeticError):
    """The training loss is no longer a finite number."""


class NoRoom(MemoryError):
    """The trial does not fit beside those that run; it may when one of them has left."""


# (trial key, optimizer steps done, optimizer steps in all, loss of the last step)
OnStep = Callable[[str, int, int, float], None]


class Engine(Protocol):
    """Trains up to `slots` trials. Keys are the caller's; the same key is never started twice at once."""

    slots: int

    def start(self, key: str, plan: Plan, resume: Path | None = None) -> None:
        """Put a trial into a free slot, from the checkpoint in `resume` if given. Trains nothing yet. Raises: NoRoom.

        The epoch's end at which that was written is told again: its process may have died before anybody had measured there.
        """
        ...

    def advance(self) -> list[EpochEnd | Broken]:
        """Train until at least one trial is at an epoch's end; the others keep their place. Empty when nothing is left."""
        ...

    def adapted(self, *keys: str) -> Any:
        """The base as a causal language model with these trials' adapters active, in eval mode.

        Of several, each speaks for its own block of a batch's rows: the blocks are equal and in the order of the keys.
        """
        ...

    def save(self, key: str, folder: Path) -> None:
        """Write the trial's adapter in PEFT format."""
        ...

    def load(self, key: str, folder: Path) -> None:
        """Set the trial's adapter to one that `save` wrote."""
        ...

    def stop(self, key: str) -> None:
        """Take the trial out of its slot; the slot is free at once, and the base alone speaks as it did."""
        ...

    def close(self) -> None:
        """Leave the base as it was, for another engine; no trial is in a slot."""
        ...
