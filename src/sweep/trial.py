"""The nouns of a sweep: a Trial goes into a Worker; Rungs, then one Outcome come out. No tensors, no Hydra, no Optuna."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from sweep.config import Config

WAITS = "waiting"  # what a trial does in a slot before its turn comes


class State(StrEnum):
    """How a trial ended; the words of `result.json`."""

    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAILED = "FAILED"


class Again(StrEnum):
    """When a trial that failed may succeed."""

    NOW = "now"  # nobody knows why it failed
    LATER = "later"  # something is at fault that a person mends
    NEVER = "never"  # it diverged, and would again


@dataclass(frozen=True)
class Trial:
    """One configuration to be measured, and the folder in which its record goes.

    `number` is Optuna's (0 for a single run). An arm, such as the untouched base, has a name instead and trains nothing.
    """

    config: Config
    folder: Path
    trial_key: str  # identity with the seed; two trials with the same key are the same experiment
    config_key: str  # the same without the seed
    number: int | None = None
    arm: str | None = None
    params: dict[str, Any] = field(default_factory=dict)  # swept axes only: config key -> value
    overrides: tuple[str, ...] = ()  # Hydra overrides that composed the configuration
    resumed: bool = False  # a process that died began it: it goes on from its last checkpoint, where there is one
    seed: int | None = None  # one seed's run of the trial with this number, in whose folder its own lies
    parts: tuple[Trial, ...] = ()  # one a seed, where there are several: these go to Workers, the trial itself is their mean
    stage: str | None = None  # what a trial belongs to that is not the search: "confirm"
    adapter: Path | None = None  # of an arm: what speaks instead of the untouched base

    @property
    def checkpoints(self) -> Path:
        """Where its training is written down while it runs."""
        return self.folder / "ckpt"

    @property
    def name(self) -> str:
        """Its folder below that of the study, or of the arms: 0003, 0003/s1, confirm/0003/s7, base."""
        if self.arm is not None:
            return self.arm
        stage, seed = f"{self.stage}/" if self.stage else "", f"/s{self.seed}" if self.seed is not None else ""
        return f"{stage}{self.number or 0:04d}{seed}"


@dataclass(frozen=True)
class Measurement:
    """One measured figure: nothing is reported without its n, its error and its direction."""

    name: str  # "L2/acc", "train/loss"
    value: float
    n: int  # observations behind the value
    stderr: float | None  # one standard error in units of the value; None where it is not defined
    better: Literal["higher", "lower"]


def bodies(found: Iterable[Measurement]) -> dict[str, dict[str, Any]]:
    """Figures by name, as records have them."""
    return {one.name: {"value": one.value, "n": one.n, "stderr": one.stderr} for one in found}


@dataclass(frozen=True)
class Outcome:
    """What a finished trial leaves behind; the body of `result.json`."""

    state: State
    objective: float | None  # the only one, or the first of several
    levels: dict[str, dict[str, Any]]  # dev: L1..L5 -> n, n_facts, accuracy, stderr, strict, key_recall, ...
    test_levels: dict[str, dict[str, Any]]  # the same on test, only where test was read
    train: dict[str, Any]  # final_loss (nats per answer token), steps, tokens, seconds
    error: str | None = None  # traceback of a failed trial
    again: Again = Again.LATER  # when another attempt at a failed trial may succeed
    duplicate_of: str | None = None  # `<study>/<number>` of the trial whose result this is
    further: tuple[float, ...] = ()  # values of the other objectives, where there are several
    constraints: dict[str, float] = field(default_factory=dict)  # what each lacks; 0 and below: met
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)  # dev: name of a figure (sweep.costs) -> value, n, stderr

    @property
    def values(self) -> tuple[float, ...]:
        """One an objective; none where they were not measured."""
        return () if self.objective is None else (self.objective, *self.further)


@dataclass(frozen=True)
class Rung:
    """A trial reached the end of an epoch. Its slot waits until the next `advance`, so it can still be stopped."""

    trial: Trial
    epoch: int  # finished epochs, from 1
    epochs: int  # epochs of the whole trial
    losses: tuple[tuple[int, float], ...]  # (optimizer step, training loss) since the former rung
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class Done:
    """A trial ended well; its folder holds `result.json`, and its slot is free."""

    trial: Trial
    outcome: Outcome


@dataclass(frozen=True)
class Failed:
    """A trial raised or diverged; its folder holds `result.json` with the traceback, and its slot is free."""

    trial: Trial
    outcome: Outcome


@dataclass(frozen=True)
class Retried:
    """A trial failed and is tried again, under its number; no Worker says this, the Controller does."""

    trial: Trial
    outcome: Outcome  # of the attempt that failed
    attempt: int  # that comes, from 2


@dataclass(frozen=True)
class Recalled:
    """An earlier process recorded this seed's end, and told of it; no Worker says this, the Controller does."""

    trial: Trial
    outcome: Outcome


Event = Rung | Done | Failed | Retried | Recalled


@dataclass(frozen=True)
class Progress:
    """What a trial in a slot does at this moment. Nobody records it; what counts comes as an Event."""

    name: str  # of the trial
    doing: str  # WAITS, loading, training, answered 3 of 20 dev questions
    epochs: int = 0  # of its whole training; 0 for an arm
    step: int = 0  # optimizer steps done; those of an earlier process are told of with the epoch of their checkpoint
    steps: int = 0  # of its whole training; 0 while that is unknown
    loss: float | None = None  # of the last optimizer step, in nats per answer token

    @property
    def is_arm(self) -> bool:
        """It trains nothing."""
        return self.epochs == 0

    @property
    def share(self) -> float:
        """Of its training, from 0 to 1."""
        return self.step / self.steps if self.steps else 0.0

    @property
    def epoch(self) -> int:
        """Of the last optimizer step, from 1; 0 before the first."""
        return -(-self.step * self.epochs // self.steps) if self.steps else 0


@dataclass(frozen=True)
class Snapshot:
    """What a Worker does at this moment."""

    slots: tuple[Progress, ...]  # one a trial, in the order in which they came
    tokens: float  # trained since the Worker began, by all its trials: question and answer, padding left out, counted every epoch
