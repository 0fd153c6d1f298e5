"""How two sides of an experiment are compared: arms, levels of one arm, whole trainings, long facts and the others.

Each gives what `paired` judges. Suffixes as there: S seeds, C companies, F facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any, Protocol

import numpy as np
from bench.answers import Answers, short
from bench.pooled import FIGURES, Arm, Figure, Pool, recall, right
from scipy import stats  # type: ignore[import-untyped]

from sweep import goals
from sweep.clusters import fact_clusters
from sweep.report.paired import ALPHA, RESAMPLES, Array, Difference, Sheet, difference

Value = Callable[[Answers], float | None]  # of a whole training; None where it was not measured


def _health(name: str) -> Value:
    def of(one: Answers) -> float | None:
        values = [value for figures in one.health.values() if (value := figures[name]) is not None]
        return fmean(values) if values else None

    return of


VALUES: dict[str, Value] = {
    "loops": _health("loop_rate"),
    "wrong values": _health("forbidden_rate"),
    "invented": _health("unsupported_rate"),
    "kept": lambda one: one.costs.get(goals.KEPT),
}
LOOPS, FORBIDDEN, INVENTED, KEPT = VALUES


@dataclass(frozen=True)
class One:
    """An arm of an experiment."""

    page: str
    params: Mapping[str, str]

    @property
    def told(self) -> str:
        """`rank=4`."""
        return " ".join(f"{short(key)}={value}" for key, value in self.params.items())

    def arm(self, found: Pool) -> Arm:
        """At its best where axes were tuned. Raises: SystemExit where there is none, or more than one."""
        same = [arm for arm in found.arms if self.params.items() <= arm.params.items()]
        if len(same) != 1:
            names = ", ".join(arm.name for arm in found.arms)
            raise SystemExit(f"{self.page}: got {len(same)} arms {self.told}, expected one of {names}")
        return same[0]


@dataclass(frozen=True)
class Axis:
    """What two arms of an experiment differ in."""

    page: str
    key: str
    also: Mapping[str, str] = field(default_factory=dict)  # what other axes stand at

    def told(self, of: str, to: str) -> str:
        """`rank 4 → 16`."""
        return f"{short(self.key)} {of} → {to}" + (f", {One(self.page, self.also).told}" if self.also else "")

    def arms(self, found: Pool, of: str, to: str) -> tuple[Arm, Arm]:
        """Both sides. Raises: SystemExit where one is missing."""
        before, after = (One(self.page, {**self.also, self.key: value}).arm(found) for value in (of, to))
        return before, after


class Measure(Protocol):
    """Two sides of what was answered."""

    @property
    def on(self) -> Axis | One:
        """Which arms of which experiment."""

    @property
    def told(self) -> str:
        """Which sides, in words."""

    @property
    def figure(self) -> str:
        """What is measured of them."""

    @property
    def unit(self) -> str:
        """What `Difference.facts` counts."""

    def difference(self, found: Pool) -> Difference:
        """The second side less the first. Raises: SystemExit where the experiment has no such arm."""


@dataclass(frozen=True)
class Arms:
    """Two arms at a level, on the same questions."""

    on: Axis
    of: str
    to: str
    level: int
    by: str = "accuracy"  # one of pooled.FIGURES
    unit: str = "facts"

    @property
    def told(self) -> str:
        return self.on.told(self.of, self.to)

    @property
    def figure(self) -> str:
        return f"L{self.level} {self.by}"

    def difference(self, found: Pool) -> Difference:
        questions = found.questions(self.level)
        before, after = (found.sheet(arm, questions, FIGURES[self.by]) for arm in self.on.arms(found, self.of, self.to))
        return difference(before, after, found.clusters(questions))


@dataclass(frozen=True)
class Levels:
    """Two levels of one arm, over the facts that both ask about."""

    on: One
    of: int
    to: int
    figure: str = "accuracy"
    unit: str = "facts"

    @property
    def told(self) -> str:
        return f"L{self.of} → L{self.to}, {self.on.told}"

    def difference(self, found: Pool) -> Difference:
        arm = self.on.arm(found)
        before, after = (_by_fact(found, arm, level) for level in (self.of, self.to))
        facts = sorted(before.keys() & after.keys())
        of, to = (Sheet(np.array([side[fact][0] for fact in facts]).T) for side in (before, after))
        return difference(of, to, fact_clusters([(*before[fact][1], *after[fact][1]) for fact in facts]))


@dataclass(frozen=True)
class Trainings:
    """A share that each training has of its own, paired by company and seed."""

    on: Axis
    of: str
    to: str
    figure: str  # one of VALUES
    unit: str = "trainings"

    @property
    def told(self) -> str:
        return self.on.told(self.of, self.to)

    def difference(self, found: Pool) -> Difference:
        arms = self.on.arms(found, self.of, self.to)
        before_SC, after_SC = (np.array([self._of(arm.by_seed[seed]) for seed in found.seeds]) for arm in arms)
        before, after = (Sheet(side_SC.reshape(1, -1)) for side_SC in (before_SC, after_SC))
        whole = difference(before, after, range(before_SC.size))
        return replace(whole, by_seed=tuple((after_SC - before_SC).mean(axis=1).tolist()))

    def _of(self, companies: Mapping[str, Answers]) -> list[float]:
        values = [value for name in sorted(companies) if (value := VALUES[self.figure](companies[name])) is not None]
        if len(values) < len(companies):
            raise SystemExit(f"{self.on.page}: got trainings of which {self.figure!r} is not on record")
        return values


@dataclass(frozen=True)
class Lengths:
    """Key recall of the facts told in a sentence less that of the others, of one arm at a level: not the same facts."""

    on: One
    level: int
    unit: str = "long facts"

    @property
    def told(self) -> str:
        return f"others → long facts, {self.on.told}"

    @property
    def figure(self) -> str:
        return f"L{self.level} key recall"

    def difference(self, found: Pool) -> Difference:
        sides = [_by_fact(found, self.on.arm(found), self.level, recall, long=long) for long in (False, True)]
        other_SF, long_SF = (np.array([values for values, _ in side.values()]).T for side in sides)
        other_F, long_F = other_SF.mean(axis=0), long_SF.mean(axis=0)
        rng = np.random.default_rng(0)
        drawn = stats.permutation_test((other_F, long_F), _apart, n_resamples=RESAMPLES, vectorized=True, rng=rng)
        spread = float(np.sqrt(other_F.var(ddof=1) / other_F.size + long_F.var(ddof=1) / long_F.size))
        mean, reach = float(_apart(other_F, long_F)), float(stats.norm.ppf(1 - ALPHA / 2)) * spread
        by_seed = tuple((long_SF.mean(axis=1) - other_SF.mean(axis=1)).tolist())
        asked = len(found.questions(self.level, long=True))
        return Difference(mean, mean - reach, mean + reach, float(drawn.pvalue), spread, by_seed, asked, long_F.size)


def _apart(before_F: Array, after_F: Array, axis: int = -1) -> Any:
    return after_F.mean(axis=axis) - before_F.mean(axis=axis)


def _by_fact(
    found: Pool, arm: Arm, level: int, figure: Figure = right, *, long: bool | None = None
) -> dict[str, tuple[list[float], tuple[str, ...]]]:
    """Of each fact that a level asks about: its mean, seed by seed, and all facts that its questions ask about."""
    asked: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, at in found.questions(level, long=long):
        for fact in found.companies[name].questions[at][3]:
            asked[fact].append((name, at))
    return {
        fact: (
            [fmean(figure(arm.by_seed[seed][name], at) for name, at in questions) for seed in found.seeds],
            tuple(other for name, at in questions for other in found.companies[name].questions[at][3]),
        )
        for fact, questions in asked.items()
    }
