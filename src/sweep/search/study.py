"""The study: asks Optuna what to try next and tells it what came out. The only file that knows Optuna.

Ask and tell rather than `Study.optimize`: a Worker may run many trials at once, and each free slot asks for one more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from sweep.errors import ConfigFault
from sweep.search.space import Axis, Choice, Point, Space
from sweep.trial import State

GRID_LIMIT = 200  # `auto` enumerates a discrete space up to this many points
optuna.logging.set_verbosity(optuna.logging.WARNING)  # what it tells of a study, our own view tells better


@dataclass(frozen=True)
class Proposal:
    """What to try next: a fresh trial number and a point of the space."""

    number: int
    point: Point


@dataclass(frozen=True)
class Plan:
    """How a space is searched, with every `auto` decided."""

    sampler: Literal["grid", "random", "tpe"]
    n_trials: int


def plan(space: Space, sampler: str, n_trials: int | None) -> Plan:
    """Decide the sampler and the total number of trials.

    Raises: ConfigFault for an empty space, a grid over a continuous axis, or no total where the space has no end.
    """
    if not space.axes:
        typed = "type for example lora.rank=4,16,64 -m, or +experiment=layer_ablation -m"
        raise ConfigFault(f"search.params: got an empty space; {typed}")
    if sampler == "grid" and not space.discrete:
        spans = [axis.key for axis in space.axes if not isinstance(axis, Choice)]
        continuous = f"{', '.join(spans)} {'is' if len(spans) == 1 else 'are'} continuous"
        raise ConfigFault(f"search.sampler: got grid, but {continuous}; list values, or take tpe or random")
    if n_trials is None and not space.discrete:
        raise ConfigFault("search.n_trials: got null, expected a number, since the space has a continuous axis and no end")
    if sampler == "auto":
        sampler = "grid" if space.discrete and space.size <= GRID_LIMIT else "tpe"
    total = int(space.size) if n_trials is None else n_trials
    if sampler == "grid":
        return Plan("grid", min(total, int(space.size)))
    return Plan("tpe" if sampler == "tpe" else "random", total)


def most_at_once(how: Plan) -> int:
    """Trials that may run at once: an adaptive sampler must have heard of some before it is asked for more."""
    return max(1, how.n_trials // 4) if how.sampler == "tpe" else max(1, how.n_trials)


class Study:
    """One study in its storage. Trial numbers are Optuna's; a point that is COMPLETE is not asked again by a grid."""

    def __init__(self, name: str, storage: str, space: Space, how: Plan, seed: int) -> None:
        """Create the study, or open it when it is there. Raises: ConfigFault when the storage does not answer."""
        self._space = space
        self._how = how
        self._distributions = {axis.key: _distribution(axis) for axis in space.axes}
        opened = opened_storage(storage)
        self._study = optuna.create_study(study_name=name, storage=opened, direction="maximize", load_if_exists=True)
        self._count()
        self._live: dict[int, optuna.trial.Trial] = {}
        # A sampler seeded with a constant would repeat its draws after a restart.
        self._study.sampler = _sampler(how.sampler, seed + len(self._study.get_trials(deepcopy=False)))

    def ask(self) -> Proposal | None:
        """The next trial; None when the study has had all it wants (running trials count)."""
        if self._left <= 0:
            return None
        if self._how.sampler == "grid":
            point = next(point for point in self._space.points() if point not in self._skip)
            self._skip.append(point)
            self._study.enqueue_trial(dict(point))
        self._left -= 1
        trial = self._study.ask(self._distributions)
        self._live[trial.number] = trial
        return Proposal(trial.number, self._point(trial.params))

    def note(self, number: int, attributes: Mapping[str, Any]) -> None:
        """Keep facts about a running trial beside it, such as its trial_key."""
        for name, value in attributes.items():
            self._live[number].set_user_attr(name, value)

    def report(self, number: int, value: float, epoch: int) -> None:
        """A running trial's value at an epoch's end."""
        self._live[number].report(value, epoch)

    def tell(self, number: int, state: State, value: float | None) -> None:
        """Record how a trial ended. COMPLETE needs a finite value: Optuna would keep an infinite one as the best of all."""
        if state is State.COMPLETE and value is not None and math.isfinite(value):
            self._study.tell(number, value)
        else:
            self._study.tell(number, state=TrialState.PRUNED if state is State.PRUNED else TrialState.FAIL)
        self._live.pop(number, None)

    def settle(self, ending: Callable[[int, Point], tuple[State, float | None]]) -> None:
        """Tell how each trial ended that a dead process left running. One that failed is asked again."""
        for _ in self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            self._study.ask()  # enqueued and never asked for: Optuna is told only of trials that run
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self.tell(trial.number, *ending(trial.number, dict(trial.params)))
        self._count()

    @property
    def remaining(self) -> int:
        """Trials not yet asked for."""
        return max(self._left, 0)

    def best(self) -> int | None:
        """Number of the trial with the highest value; None before any is complete."""
        complete = [trial for trial in self._finished() if trial.state is TrialState.COMPLETE]
        return max(complete, key=lambda trial: trial.values[0]).number if complete else None

    def _count(self) -> None:
        """What is left to ask for; a trial that fails from now on is asked again by the next run only."""
        finished = self._finished()
        self._left = self._how.n_trials - len(finished)
        self._skip = [self._point(trial.params) for trial in finished]

    def _finished(self) -> list[optuna.trial.FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))

    def _point(self, params: Mapping[str, Any]) -> Point:
        return {axis.key: params[axis.key] for axis in self._space.axes}


def opened_storage(storage: str) -> optuna.storages.BaseStorage:
    """What a storage URL names; a SQLite file is created. Raises: ConfigFault when it does not answer."""
    try:
        return optuna.storages.get_storage(storage)
    except Exception as error:  # SQLAlchemy's and the drivers' own errors share no base class
        raise ConfigFault(f"search.storage: {storage} does not answer: {str(error).splitlines()[0]}") from error


def default_storage(folder: Path) -> str:
    """SQLite in the study folder."""
    return f"sqlite:///{(folder / 'study.db').resolve()}"


def _distribution(axis: Axis) -> BaseDistribution:
    if isinstance(axis, Choice):
        return CategoricalDistribution(axis.values)
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _sampler(name: str, seed: int) -> optuna.samplers.BaseSampler:
    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    return optuna.samplers.RandomSampler(seed=seed)  # a grid's points are enqueued, so nothing is ever drawn for it
