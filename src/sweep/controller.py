"""The loop between the study and the Workers: fill free slots, hear events, tell the study.

    while the study wants more, or trials run:
        fill free slots with study.ask()
        for each event: Rung -> report, maybe prune · Done -> tell the value · Failed -> try again, or tell

Only the Controller speaks to the study and to MLflow; a Worker may live anywhere.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sweep.search.study import Proposal, Result, Study
from sweep.trial import Again, Done, Event, Failed, Retried, Rung, State, Trial


class Worker(Protocol):
    """What the Controller needs of a Worker, wherever it runs."""

    @property
    def free(self) -> int: ...
    def start(self, trial: Trial, resume: Path | None = None) -> None: ...
    def advance(self) -> list[Event]: ...
    def stop(self, trial: Trial) -> None: ...
    def prune(self, trial: Trial) -> Done: ...


class Listener(Protocol):
    """Someone who follows a study: the MLflow mirror, the view on the terminal."""

    def opened(self, trial: Trial) -> None: ...
    def heard(self, event: Event) -> None: ...


@dataclass(frozen=True)
class Rules:
    """What the Controller does beside the study's wishes."""

    retries: int = 0  # times a trial that failed is tried again at once, unless it would fail again
    max_failures: int | None = None  # failed trials in a row, with none between them that was completed, that end the sweep
    rungs: int = 1  # steps into which the longest trial's training is divided for comparisons


class Controller:
    """Runs one study to its end."""

    def __init__(
        self,
        study: Study,
        workers: Sequence[Worker],
        arms: Iterable[Trial],
        to_trial: Callable[[Proposal], Trial | None],
        listeners: Sequence[Listener],
        rules: Rules | None = None,
        known: Callable[[Trial], Done | None] = lambda trial: None,
    ) -> None:
        """`known`: how a trial ended that was run in another study; its folder is complete then."""
        self._study = study
        self._workers = workers
        self._arms = deque(arms)
        self._to_trial = to_trial
        self._listeners = listeners
        self._rules = rules or Rules()
        self._known = known
        self._running = 0
        self._again: deque[Failed] = deque()  # to be tried again
        self._attempts: Counter[str] = Counter()
        self._failures = 0  # in a row
        self._closing = False

    def run(self) -> None:
        """Until the study wants no more and no trial runs. A failing trial is recorded and the sweep goes on."""
        self._fill()
        while self._running:
            for worker in self._workers:
                for event in worker.advance():
                    self._hear(event, worker)
            self._fill()
        while self._again:  # they failed, and now nobody tries them again
            self._ended(self._again[0].trial, self._again.popleft())

    def finish(self) -> None:
        """Ask for no more trials; `run` ends when those that run have ended."""
        self._closing = True

    @property
    def running(self) -> int:
        """Trials and arms in slots."""
        return self._running

    @property
    def broke_off(self) -> bool:
        """Too many trials failed in a row."""
        return self._rules.max_failures is not None and self._failures >= self._rules.max_failures

    def _fill(self) -> None:
        """A freed slot gets the next trial at once. Arms come first: their floor is what trials are read against."""
        for worker in self._workers:
            while worker.free and (trial := self._next()) is not None:
                self._running += 1
                self._open(trial)
                worker.start(trial, trial.checkpoints if trial.resumed else None)

    def _open(self, trial: Trial) -> None:
        for listener in self._listeners:
            listener.opened(trial)

    def _next(self) -> Trial | None:
        """The next trial. `to_trial` gives None for a point that makes no configuration, having recorded that."""
        while not self._closing and not self.broke_off:
            if self._arms:
                return self._arms.popleft()
            if self._again:
                return self._again.popleft().trial
            proposal = self._study.ask()
            if proposal is None:
                return None
            trial = self._to_trial(proposal)
            if trial is None:
                self._tell(proposal.number, Result(State.FAILED, final=True))
                continue
            self._study.note(proposal.number, {"trial_key": trial.trial_key, "config_key": trial.config_key})
            if (done := self._known(trial)) is None:
                return trial
            self._study.note(proposal.number, {"duplicate_of": done.outcome.duplicate_of})
            self._open(trial)
            self._ended(trial, done)
        return None

    def _hear(self, event: Event, worker: Worker) -> None:
        match event:
            case Rung(trial=trial):
                self._announce(event)
                if self._falls_behind(event):
                    self._running -= 1
                    self._ended(trial, worker.prune(trial))
            case Failed(trial=trial, outcome=outcome) if self._may_try_again(event):
                self._running -= 1
                self._attempts[trial.name] += 1
                self._again.append(event)
                self._announce(Retried(trial, outcome, self._attempts[trial.name] + 1))
            case Done(trial=trial) | Failed(trial=trial):
                self._running -= 1
                self._ended(trial, event)

    def _falls_behind(self, rung: Rung) -> bool:
        """Whether a trial is to be stopped. Trials of different length are compared at equal shares of their epochs."""
        value = next((one.value for one in rung.measurements if one.name == "objective"), None)
        step = rung.epoch * self._rules.rungs // rung.epochs
        if value is None or rung.trial.number is None or step == 0:
            return False
        return self._study.report(rung.trial.number, value, step) and rung.epoch < rung.epochs

    def _may_try_again(self, failed: Failed) -> bool:
        left = self._attempts[failed.trial.name] < self._rules.retries
        return failed.trial.number is not None and failed.outcome.again is Again.NOW and left and not self._closing

    def _ended(self, trial: Trial, event: Done | Failed) -> None:
        if trial.number is not None:
            outcome = event.outcome
            final = outcome.again is Again.NEVER
            self._tell(trial.number, Result(outcome.state, outcome.values, outcome.constraints, final=final))
        self._announce(event)

    def _tell(self, number: int, result: Result) -> None:
        self._failures = self._failures + 1 if result.state is State.FAILED else 0
        self._study.tell(number, result)

    def _announce(self, event: Event) -> None:
        for listener in self._listeners:
            listener.heard(event)
