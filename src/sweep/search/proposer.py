"""Draws points that are worth a trial. The sampler's memory is a study in this process and not the one in storage: a point that
was tried before, or that does not exist, is thrown away without a trace and without a number."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from sweep.search.samplers import Plan, build_sampler
from sweep.search.space import Axis, Choice, Point, Space, Value

PATIENCE = 50  # unwanted points in a row after which the sampler is held to have nothing new
SAMPLER_NOTES = "sampler"  # user attribute of a stored trial: what the sampler wrote down about it, such as a generation


class Proposer:
    """One sampler and what it knows."""

    def __init__(self, space: Space, how: Plan, seed: int, earlier: Sequence[FrozenTrial]) -> None:
        """`earlier`: finished trials of the study. A sampler seeded with a constant would repeat its draws after a restart, so
        their number is added to the seed."""
        self._space = space
        self._draw = random.Random(seed + len(earlier))
        directions = [StudyDirection.MAXIMIZE] * how.objectives
        self._study = optuna.create_study(directions=directions, sampler=build_sampler(how, seed + len(earlier)))
        self._study.add_trials([_copy(trial) for trial in earlier])
        self._trials: dict[int, Trial] = {}

    def draw(self, wanted: Callable[[Point], bool]) -> tuple[Point, Trial] | None:
        """A point that is wanted, and the sampler's own trial of it; None when nothing new is left to be found."""
        for _ in range(PATIENCE):
            trial = self._study.ask()
            point = self._space.drawn(lambda axis, trial=trial: suggest(trial, axis))  # type: ignore[misc]
            if self._space.allows(point) and wanted(point):
                return point, trial
            self._study.tell(trial, state=TrialState.FAIL)
        rest = [point for point in self._space.points() if wanted(point)] if self._space.discrete else []
        return (point, self.given(point)) if rest and (point := self._draw.choice(rest)) else None

    def given(self, point: Point) -> Trial:
        """The sampler's own trial of a point that it did not draw."""
        self._study.enqueue_trial(self._space.raw(point))
        trial = self._study.ask()
        self._space.drawn(lambda axis: suggest(trial, axis))
        return trial

    def runs(self, number: int, trial: Trial) -> dict[str, Any]:
        """From now on this trial of the sampler is that one of the study; what the sampler wrote down about it."""
        self._trials[number] = trial
        frozen = self._study.get_trials(deepcopy=False)[trial.number]
        return {name: value for name, value in frozen.system_attrs.items() if name != "fixed_params"}

    def report(self, number: int, value: float, step: int) -> None:
        """A running trial's value."""
        self._trials[number].report(value, step)

    def tell(self, number: int, state: TrialState, values: Sequence[float] | None, constraints: Mapping[str, float]) -> None:
        """How a trial ended."""
        trial = self._trials.pop(number)
        for name, value in constraints.items():
            trial.set_constraint(name, value)
        self._study.tell(trial, values, state)


def suggest(trial: Trial, axis: Axis) -> Value:
    """The value of one axis; what is fixed for the trial already comes back as it is."""
    value: Value
    if isinstance(axis, Choice):
        value = trial.suggest_categorical(axis.key, axis.values)
    elif axis.whole:
        value = trial.suggest_int(axis.key, int(axis.low), int(axis.high), step=axis.step, log=axis.log)
    else:
        value = trial.suggest_float(axis.key, axis.low, axis.high, log=axis.log)
    return value


def distribution(axis: Axis) -> BaseDistribution:
    """An axis as Optuna keeps it."""
    if isinstance(axis, Choice):
        return CategoricalDistribution(axis.values)
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high), step=axis.step, log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _copy(trial: FrozenTrial) -> FrozenTrial:
    return optuna.create_trial(
        state=trial.state,
        values=trial.values if trial.state is TrialState.COMPLETE else None,
        params=trial.params,
        distributions=trial.distributions,
        intermediate_values=trial.intermediate_values,
        system_attrs=trial.user_attrs.get(SAMPLER_NOTES, {}),
        constraints=dict(trial.constraints),
    )
