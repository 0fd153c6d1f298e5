"""The loop between the study and the Workers: fill free slots, hear events, tell the study.

    while the study wants more, or trials run:
        fill free slots with study.ask()
        for each event: Rung -> report, maybe prune · Done -> tell the value · Failed -> try again, or tell

Of a trial with several seeds each seed goes into a slot; the study hears of their mean. Only the Controller speaks to the study
and to MLflow; a Worker may live anywhere.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sweep.search.study import Proposal, Result
from sweep.seeds import Seeds, gather
from sweep.trial import Again, Done, Event, Failed, Recalled, Retried, Rung, State, Trial


class Worker(Protocol):
    """What the Controller needs of a Worker, wherever it runs."""

    @property
    def free(self) -> int: ...
    def start(self, trial: Trial, resume: Path | None = None) -> None: ...
    def advance(self) -> list[Event]: ...
    def stop(self, trial: Trial) -> None: ...
    def prune(self, trial: Trial) -> Done: ...


class Asked(Protocol):
    """Who says what to try next and hears what came out: a study, or a list."""

    def ask(self) -> Proposal | None: ...
    def note(self, number: int, attributes: Mapping[str, Any]) -> None: ...
    def report(self, number: int, value: float, step: int) -> bool: ...
    def tell(self, number: int, result: Result) -> None: ...


class Listener(Protocol):
    """Someone who follows a study: the MLflow mirror, the view on the terminal."""

    def opened(self, trial: Trial) -> None: ...
    def refused(self, number: int) -> None: ...  # a proposal that makes no configuration
    def heard(self, event: Event) -> None: ...


@dataclass(frozen=True)
class Rules:
    """What the Controller does beside the study's wishes."""

    retries: int = 0  # times a trial that failed is tried again at once, unless it would fail again
    max_failures: int | None = None  # failed trials in a row, with none between them that was completed, that end the sweep
    signal: str = "objective"  # the measurement by which a trial is judged at a rung
    rungs: int = 1  # steps into which the longest trial's training is divided for comparisons


class Controller:
    """Runs one study to its end."""

    def __init__(
        self,
        study: Asked,
        workers: Sequence[Worker],
        arms: Iterable[Trial],
        to_trial: Callable[[Proposal], Trial | None],
        listeners: Sequence[Listener],
        rules: Rules | None = None,
        known: Callable[[Trial], Done | None] = lambda trial: None,
    ) -> None:
        """`known`: how a trial ended that need not be run, since it was before, or in another study; its folder is complete."""
        self._study = study
        self._workers = workers
        self._arms = deque(arms)
        self._to_trial = to_trial
        self._listeners = listeners
        self._rules = rules or Rules()
        self._known = known
        self._slots: dict[str, Worker] = {}  # by the trial in it
        self._seeds: dict[int, Seeds] = {}  # trials of several seeds that have not ended
        self._parts: deque[Trial] = deque()  # their seeds that wait for a slot
        self._ending: set[str] = set()  # trials whose end is among the events at hand
        self._again: deque[Failed] = deque()  # to be tried again
        self._attempts: Counter[str] = Counter()
        self._failures = 0  # in a row
        self._closing = False

    def run(self) -> None:
        """Until the study wants no more and no trial runs. A failing trial is recorded and the sweep goes on."""
        self._fill()
        while self._slots:
            for worker in self._workers:
                self._take(worker.advance())
            self._fill()
        while self._again:  # they failed, and now nobody tries them again
            self._ended(self._again[0].trial, self._again.popleft())

    def finish(self) -> None:
        """Ask for no more trials; `run` ends when those that run have ended."""
        self._closing = True

    @property
    def running(self) -> int:
        """Trials, seeds of trials, and arms in slots."""
        return len(self._slots)

    @property
    def broke_off(self) -> bool:
        """Too many trials failed in a row."""
        return self._rules.max_failures is not None and self._failures >= self._rules.max_failures

    def _fill(self) -> None:
        """A freed slot gets the next trial at once. Arms come first: their floor is what trials are read against."""
        for worker in self._workers:
            while worker.free and (trial := self._next()) is not None:
                self._slots[trial.name] = worker
                if trial.seed is not None:
                    self._of(trial).started(trial)
                self._open(trial)
                worker.start(trial, trial.checkpoints if trial.resumed else None)

    def _open(self, trial: Trial) -> None:
        for listener in self._listeners:
            listener.opened(trial)

    def _next(self) -> Trial | None:
        """The next trial. `to_trial` gives None for a point that makes no configuration, having recorded that."""
        while not self.broke_off and (self._parts or not self._closing):  # a trial is finished with all its seeds
            if self._parts:
                return self._parts.popleft()
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
                for listener in self._listeners:
                    listener.refused(proposal.number)
                continue
            self._study.note(proposal.number, {"trial_key": trial.trial_key, "config_key": trial.config_key})
            if trial.parts:
                self._begin(trial)
            elif (done := self._known(trial)) is None:
                return trial
            else:
                self._open(trial)
                self._ended(trial, done)
        return None

    def _begin(self, trial: Trial) -> None:
        """Its seeds are next, but for those whose end is known."""
        self._seeds[_number(trial)] = Seeds(trial)
        self._open(trial)
        for part in trial.parts:
            if (done := self._known(part)) is None:
                self._parts.append(part)
            elif done.outcome.duplicate_of is None:
                self._announce(Recalled(part, done.outcome))
                self._seed_over(part, done)
            else:
                self._open(part)
                self._ended(part, done)

    def _of(self, part: Trial) -> Seeds:
        """The trial whose seed this is."""
        return self._seeds[_number(part)]

    def _take(self, news: Sequence[Event]) -> None:
        """What a Worker brought; a seed's news is of no interest once another one's ended their trial."""
        self._ending = {event.trial.name for event in news if isinstance(event, Done | Failed)}
        for event in news:
            if event.trial.name in self._slots:
                self._hear(event)

    def _hear(self, event: Event) -> None:
        match event:
            case Rung(trial=trial):
                self._announce(event)
                whole = event if trial.seed is None else self._of(trial).rung(event)
                if whole is not event and whole is not None:
                    self._announce(whole)
                if whole is not None and self._falls_behind(whole):
                    self._prune(whole.trial)
            case Failed(trial=trial, outcome=outcome) if self._may_try_again(event):
                del self._slots[trial.name]
                if trial.seed is not None:
                    self._of(trial).withdrew(trial)
                self._attempts[trial.name] += 1
                self._again.append(event)
                self._announce(Retried(trial, outcome, self._attempts[trial.name] + 1))
            case Done(trial=trial) | Failed(trial=trial):
                del self._slots[trial.name]
                self._ended(trial, event)

    def _prune(self, trial: Trial) -> None:
        """End a trial here; of several seeds, those that wait for a slot never get one."""
        if not trial.parts:
            self._ended(trial, self._slots.pop(trial.name).prune(trial))
            return
        seeds = self._of(trial)
        pruned = [part for part in seeds.running if seeds.has_result(part) and part.name not in self._ending]
        self._drop(trial, but=pruned)
        for part in pruned:
            self._ended(part, self._slots.pop(part.name).prune(part))

    def _drop(self, trial: Trial, but: Sequence[Trial] = ()) -> None:
        """Take a trial's seeds out of their slots and out of the queue, without a result; those that end right now do so."""
        kept = self._ending.union(part.name for part in but)
        for part in trial.parts:
            if part.name not in kept:
                self._of(trial).ended(part)
                if part.name in self._slots:
                    self._slots.pop(part.name).stop(part)
        names = {part.name for part in trial.parts}
        self._parts = deque(part for part in self._parts if part.name not in names)
        self._again = deque(failed for failed in self._again if failed.trial.name not in names)

    def _falls_behind(self, rung: Rung) -> bool:
        """Whether a trial is to be stopped. Trials of different length are compared at equal shares of their epochs."""
        value = next((one.value for one in rung.measurements if one.name == self._rules.signal), None)
        step = rung.epoch * self._rules.rungs // rung.epochs
        if value is None or rung.trial.number is None or step == 0:
            return False
        return self._study.report(rung.trial.number, value, step) and rung.epoch < rung.epochs

    def _may_try_again(self, failed: Failed) -> bool:
        left = self._attempts[failed.trial.name] < self._rules.retries
        return failed.trial.number is not None and failed.outcome.again is Again.NOW and left and not self._closing

    def _ended(self, trial: Trial, event: Done | Failed) -> None:
        if trial.seed is not None:
            self._seed_ended(trial, event)
            return
        if trial.number is not None:
            outcome = event.outcome
            if outcome.duplicate_of is not None:
                self._study.note(trial.number, {"duplicate_of": outcome.duplicate_of})
            final = outcome.again is Again.NEVER
            self._tell(trial.number, Result(outcome.state, outcome.values, outcome.constraints, final=final))
        self._announce(event)

    def _seed_ended(self, part: Trial, event: Done | Failed) -> None:
        self._announce(event)
        self._seed_over(part, event)

    def _seed_over(self, part: Trial, event: Done | Failed) -> None:
        """The last one's end is the trial's; a seed that failed for good fails it, and the others need not go on."""
        seeds = self._of(part)
        seeds.ended(part)
        self._ending.discard(part.name)
        if isinstance(event, Failed):
            self._drop(seeds.trial)
        if seeds.over:
            del self._seeds[_number(part)]
            self._ended(seeds.trial, gather(seeds.trial))

    def _tell(self, number: int, result: Result) -> None:
        self._failures = self._failures + 1 if result.state is State.FAILED else 0
        self._study.tell(number, result)

    def _announce(self, event: Event) -> None:
        for listener in self._listeners:
            listener.heard(event)


def _number(trial: Trial) -> int:
    assert trial.number is not None, f"{trial.name} is an arm"
    return trial.number
