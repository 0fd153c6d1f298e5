"""The loop between the study and the Workers: fill free slots, hear events, tell the study.

    while the study wants more, or trials run:
        fill free slots with study.ask()
        for each event: Rung -> report · Done -> tell the value · Failed -> tell

Only the Controller speaks to the study and to MLflow; a Worker may live anywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from sweep.search.study import Proposal, Study
from sweep.trial import Done, Event, Failed, Rung, State, Trial


class Worker(Protocol):
    """What the Controller needs of a Worker, wherever it runs."""

    @property
    def free(self) -> int: ...
    def start(self, trial: Trial) -> None: ...
    def advance(self) -> list[Event]: ...
    def stop(self, trial: Trial) -> None: ...


class Listener(Protocol):
    """Someone who follows a study: the MLflow mirror, the view on the terminal."""

    def opened(self, trial: Trial) -> None: ...
    def heard(self, event: Event) -> None: ...


class Controller:
    """Runs one study to its end."""

    def __init__(
        self,
        study: Study,
        workers: Sequence[Worker],
        arms: Iterable[Trial],
        to_trial: Callable[[Proposal], Trial | None],
        listeners: Sequence[Listener],
    ) -> None:
        self._study = study
        self._workers = workers
        self._arms = deque(arms)
        self._to_trial = to_trial
        self._listeners = listeners
        self._running = 0

    def run(self) -> None:
        """Until the study wants no more and no trial runs. A failing trial is recorded and the sweep goes on."""
        self._fill()
        while self._running:
            for worker in self._workers:
                for event in worker.advance():
                    self._hear(event)
            self._fill()

    def _fill(self) -> None:
        """A freed slot gets the next trial at once. Arms come first: their floor is what trials are read against."""
        for worker in self._workers:
            while worker.free and (trial := self._next()) is not None:
                self._running += 1
                for listener in self._listeners:
                    listener.opened(trial)
                worker.start(trial)

    def _next(self) -> Trial | None:
        """The next trial. `to_trial` gives None for a point that makes no configuration, having recorded that."""
        if self._arms:
            return self._arms.popleft()
        while (proposal := self._study.ask()) is not None:
            trial = self._to_trial(proposal)
            if trial is None:
                self._study.tell(proposal.number, State.FAILED, None)
                continue
            self._study.note(proposal.number, {"trial_key": trial.trial_key, "config_key": trial.config_key})
            return trial
        return None

    def _hear(self, event: Event) -> None:
        match event:
            case Rung(trial=Trial(number=int(number)), epoch=epoch):
                value = next((one.value for one in event.measurements if one.name == "objective"), None)
                if value is not None:
                    self._study.report(number, value, epoch)
            case Done(trial=trial, outcome=outcome) | Failed(trial=trial, outcome=outcome):
                self._running -= 1
                if trial.number is not None:
                    self._study.tell(trial.number, outcome.state, outcome.objective)
        for listener in self._listeners:
            listener.heard(event)
