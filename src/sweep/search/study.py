"""The study: what to try next, and what came out. Ask and tell rather than `Study.optimize`: a Worker may run many trials at
once, and each free slot asks for one more.

The record is an Optuna study in storage; which points are worth a trial, a `Proposer` says, or a list for a grid. Numbers are
Optuna's. A trial that a dead process left running goes on under its own number.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from sweep.search.claim import Claim
from sweep.search.proposer import SAMPLER_NOTES, Proposer, distribution, suggest
from sweep.search.samplers import Plan, build_pruner
from sweep.search.space import Point, Space
from sweep.search.storage import opened_storage
from sweep.trial import State

FINAL, PRUNED = "final", "pruned"  # user attributes: a failure that would come again; a stop that was decided, at this step
KEY = "trial_key"  # user attribute: a trial's identity
ENOUGH = 10  # complete trials, from which on the importance of axes is told
STATES = {State.COMPLETE: TrialState.COMPLETE, State.PRUNED: TrialState.PRUNED, State.FAILED: TrialState.FAIL}


@dataclass(frozen=True)
class Proposal:
    """What to try next: a trial number and a point of the space."""

    number: int
    point: Point
    resumed: bool = False  # a dead process began it


@dataclass(frozen=True)
class Result:
    """How a trial ended."""

    state: State
    values: tuple[float, ...] = ()  # one an objective
    constraints: Mapping[str, float] | None = None  # 0 and below: feasible
    final: bool = False  # it failed, and would fail again


class Study:
    """One study in its storage."""

    def __init__(
        self,
        name: str,
        storage: str,
        space: Space,
        how: Plan,
        seed: int,
        *,
        points: Sequence[Point] | None = None,
        first: Sequence[Point] = (),
        rungs: int = 1,
        identity: Callable[[Point], str] | None = None,
        claim: Claim | None = None,
    ) -> None:
        """Create the study, or open it when it is there.

        `points`: those of a grid, in order; None: all of the space. `first`: what a sampler's study begins with. `rungs`: steps
        at which the longest trial is judged. `identity`: two points with one identity are the same experiment, and tried once;
        it is what is noted as a trial's `trial_key`. `claim`: kept at each word to the storage; None: it is
        nobody else's.
        Raises: ConfigFault when the storage does not answer; from then on too, when another process has taken the study.
        """
        self._space, self._how, self._seed = space, how, seed
        self._grid = how.sampler == "grid"
        self._keyed = identity is not None
        self._identity = identity or (lambda point: repr(sorted(point.items())))
        self._study = optuna.create_study(
            study_name=name,
            storage=opened_storage(storage),
            directions=[StudyDirection.MAXIMIZE] * how.objectives,
            sampler=optuna.samplers.RandomSampler(),  # never asked: every parameter comes from the proposer
            pruner=build_pruner(how, rungs),
            load_if_exists=True,
        )
        self._claim = claim
        if claim is not None:
            claim.begin(self._study)
        self._points = deque(points if points is not None else space.points()) if self._grid else deque(first)
        self._known: set[str] = set()  # identities of what was tried or is being tried
        self._live: dict[int, Trial] = {}
        self._reported: dict[int, int] = {}  # the last step of each running trial
        self._lost: deque[Proposal] = deque()
        self._left = 0
        self._proposer: Proposer | None = None
        self._count()

    # ---- ask ------------------------------------------------------------------------------------------------------------

    def ask(self) -> Proposal | None:
        """The next trial; None when the study has had all it wants, or finds nothing new. Those of a dead process come first."""
        self._keep()
        if self._lost:
            return self._lost.popleft()
        if self._left <= 0:
            return None
        found = self._next_point()
        if found is None:
            self._left = 0
            return None
        point, drawn = found
        self._left -= 1
        self._known.add(self._identity(point))
        raw = self._space.raw(point)
        self._study.enqueue_trial(raw)
        trial = self._study.ask({axis.key: distribution(axis) for axis in self._space.axes if axis.key in raw})
        self._begins(trial, drawn)
        return Proposal(trial.number, point)

    def _next_point(self) -> tuple[Point, Trial | None] | None:
        while self._points:
            point = self._points.popleft()
            if self._wanted(point):
                return point, None if self._grid else self._drawing.given(point)
        return None if self._grid else self._drawing.draw(self._wanted)

    def _wanted(self, point: Point) -> bool:
        return self._identity(point) not in self._known

    def _begins(self, trial: Trial, drawn: Trial | None) -> None:
        self._live[trial.number] = trial
        if drawn is not None and (notes := self._drawing.runs(trial.number, drawn)):
            trial.set_user_attr(SAMPLER_NOTES, notes)

    @property
    def _drawing(self) -> Proposer:
        """Made when first needed, so that it knows how the trials of a dead process ended."""
        if self._proposer is None:
            self._proposer = Proposer(self._space, self._how, self._seed, self._finished())
        return self._proposer

    # ---- tell -----------------------------------------------------------------------------------------------------------

    def note(self, number: int, attributes: Mapping[str, Any]) -> None:
        """Keep facts about a running trial beside it, such as its trial_key."""
        self._keep()
        for name, value in attributes.items():
            self._live[number].set_user_attr(name, value)

    def report(self, number: int, value: float, step: int) -> bool:
        """A running trial's value at a rung; True: it is to be stopped. A step that was reported before decides nothing again."""
        trial = self._live[number]
        if self._how.objectives > 1 or step <= self._reported.get(number, 0):
            return False
        self._keep()
        self._reported[number] = step
        trial.report(value, step)
        if not self._grid:
            self._drawing.report(number, value, step)
        stops = self._how.pruner != "none" and trial.should_prune()
        if stops:
            trial.set_user_attr(PRUNED, step)  # before anybody acts on it: asked again, Optuna would say no
        return stops

    def tell(self, number: int, result: Result) -> None:
        """Record how a trial ended. COMPLETE needs finite values: Optuna would keep an infinite one as the best of all."""
        self._keep()
        trial, state = self._live.pop(number), STATES[result.state]
        self._reported.pop(number, None)
        finite = bool(result.values) and all(math.isfinite(value) for value in result.values)
        state = state if finite or state is not TrialState.COMPLETE else TrialState.FAIL
        for name, bound in (result.constraints or {}).items():
            trial.set_constraint(name, bound)
        if state is TrialState.FAIL and result.final:
            trial.set_user_attr(FINAL, True)
        values = list(result.values) if state is TrialState.COMPLETE else None
        self._study.tell(trial, values, state)
        if self._proposer is not None and not self._grid:
            self._proposer.tell(number, state, values, result.constraints or {})

    def settle(self, ending: Callable[[int, Point, bool], Result | None]) -> None:
        """Look at each trial that a dead process left running: told, where `ending(number, point, pruned)` knows how it ended,
        else asked again under its number. Call it once, before the first `ask`."""
        for frozen in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING, TrialState.WAITING)):
            if frozen.state is TrialState.WAITING:
                self._study.ask()  # enqueued by a process that died before it asked; the only one, and the next to be asked
            trial = Trial(self._study, frozen._trial_id)  # the public way to a running trial of another process does not exist
            point = self._space.drawn(lambda axis, trial=trial: suggest(trial, axis))  # type: ignore[misc]
            self._live[trial.number] = trial
            self._reported[trial.number] = max(frozen.intermediate_values, default=0)
            result = ending(trial.number, point, PRUNED in trial.user_attrs)
            if result is not None:
                self.tell(trial.number, result)
            else:
                self._lost.append(Proposal(trial.number, point, resumed=True))
        self._count()
        if not self._grid:
            for lost in self._lost:
                self._drawing.runs(lost.number, self._drawing.given(lost.point))

    def _keep(self) -> None:
        if self._claim is not None:
            self._claim.keep(self._study)

    # ---- what is known --------------------------------------------------------------------------------------------------

    @property
    def remaining(self) -> int:
        """Trials not yet asked for, those of a dead process among them."""
        return max(self._left, 0) + len(self._lost)

    @property
    def completed(self) -> int:
        """Trials that ended with finite values."""
        return sum(trial.state is TrialState.COMPLETE for trial in self._finished())

    def importance(self) -> dict[str, float]:
        """Each axis's share in the variance of the objective, highest first (PED-ANOVA, arXiv:2304.10255); of one objective, and
        where enough trials are complete to say anything."""
        axes = [axis.key for axis in self._space.axes if axis.key not in self._space.when]
        if len(axes) < 2 or self._how.objectives > 1 or self.completed < ENOUGH:
            return {}
        return optuna.importance.get_param_importances(self._study, params=axes)

    def _count(self) -> None:
        """What is left to ask for; a trial that fails from now on is asked again by the next run only."""
        finished = self._finished()
        self._left = self._how.n_trials - len(finished) - len(self._lost)
        self._known = {self._identity_of(trial) for trial in finished}
        self._known |= {self._identity(lost.point) for lost in self._lost}

    def _identity_of(self, trial: FrozenTrial) -> str:
        """As it was noted when the trial began: to compose a thousand configurations again takes a minute."""
        noted: str | None = trial.user_attrs.get(KEY) if self._keyed else None
        return noted or self._identity(self._point(trial))

    def _finished(self) -> list[FrozenTrial]:
        trials = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
        return [trial for trial in trials if trial.state is not TrialState.FAIL or trial.user_attrs.get(FINAL)]

    def _point(self, trial: FrozenTrial) -> Point:
        return self._space.drawn(lambda axis: trial.params[axis.key])
