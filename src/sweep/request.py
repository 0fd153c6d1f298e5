"""One study as asked for: what passes from the command line, which knows Hydra, to `sweep.conduct`, which does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.config import Config
from sweep.search.space import Space


@dataclass(frozen=True)
class Fair:
    """The version of an experiment whose result may be believed: what to type, and how many trials it trains."""

    command: str
    trials: int


@dataclass(frozen=True)
class Request:
    """One study as asked for."""

    experiment: str | None
    question: str | None
    base: Config  # without any swept value
    space: Space  # empty for a single trial
    compose: Callable[[Sequence[str]], Config]  # overrides of a point -> that trial's configuration
    overrides: tuple[str, ...]  # fixed on the command line
    hydra: Mapping[str, Any]  # for .hydra/hydra.yaml
    notes: tuple[str, ...]  # what a user should know before it begins
    fair: Fair | None
    single: bool = False  # one trial, without a search
