"""What the live view counts: how trials ended, which is best so far, how fast training goes and how long it will take.

Pure but for its lock: events and snapshots go in, figures come out. The thread that trains writes, the one that draws reads.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.goals import LEVELS
from sweep.report.verdict import unreached
from sweep.search import choice
from sweep.search.choice import Standing
from sweep.search.objective import Levels, Objective
from sweep.trial import Done, Event, Failed, Outcome, Progress, Recalled, Retried, Rung, State, Trial

WINDOW = 60.0  # seconds over which speed is measured


@dataclass(frozen=True)
class Counts:
    """Trials; arms and seeds are none of their own."""

    ended: Mapping[State, int]
    running: int
    total: int

    @property
    def over(self) -> int:
        """Trials that have ended."""
        return sum(self.ended.values())


@dataclass(frozen=True)
class Leader:
    """The trial that leads, and what is known of it."""

    standing: Standing
    names: tuple[str, ...]  # of the objectives
    levels: Mapping[str, float]  # dev accuracy
    params: Mapping[str, Any]  # swept axes
    front: int = 1  # trials that none beats in everything: more than one only where there are several objectives
    unreached: str | None = None  # that every trial so far misses a constraint


class Tally:
    """One run of a study. Arms and seeds are no trials of their own; a finalist that is trained again is."""

    def __init__(self, trials: int, objective: Objective | None) -> None:
        self._lock = threading.Lock()
        self._objective = objective
        self._total = trials
        self._ended: Counter[State] = Counter()
        self._standings: dict[int, Standing] = {}
        self._about: dict[int, tuple[dict[str, float], Mapping[str, Any]]] = {}  # accuracy by level, swept axes
        self._open: dict[str, Trial] = {}  # trials that have begun and not ended, and seeds of them that have a slot
        self._epochs: Counter[str] = Counter()  # trained so far by these
        self._seeds_over: Counter[str] = Counter()  # of these trials
        self._runs = 1  # of a trial: one a seed
        self._trained: list[int] = []  # epochs of each run that ended
        self._training = self._measuring = (
            0.0  # seconds these runs took, each its share of the time in which several ran together
        )
        self._beside: tuple[dict[str, float], float] = ({}, 0.0)  # shares of those in slots when one last came or went; when

    def expect(self, trials: int) -> None:
        """There is more to run than was said."""
        with self._lock:
            self._total += trials

    def know(self, standing: Standing, levels: Levels, params: Mapping[str, Any]) -> None:
        """A trial that an earlier process completed."""
        with self._lock:
            self._note(standing, levels, params)

    def opened(self, trial: Trial) -> None:
        """A trial begins, or a seed of one."""
        with self._lock:
            self._open[trial.name] = trial
            if trial.number is not None and trial.seed is None:
                self._runs = max(1, len(trial.parts))

    def refused(self) -> None:
        """A trial that makes no configuration, and never begins: it has failed."""
        with self._lock:
            self._ended[State.FAILED] += 1

    def heard(self, event: Event) -> None:
        """An epoch or a trial ended."""
        with self._lock:
            match event:
                case Rung(trial=trial, epoch=epoch):
                    self._epochs[trial.name] = epoch
                case Retried(trial=trial):
                    self._close(trial)
                case Recalled(trial=trial):
                    self._seeds_over[whole_of(trial)] += 1
                case Done(trial=trial, outcome=outcome) | Failed(trial=trial, outcome=outcome):
                    self._end(trial, outcome)

    @property
    def counts(self) -> Counts:
        """How many trials have ended in which way, run, and there are."""
        with self._lock:
            return Counts(dict(self._ended), len(self._whole()), self._total)

    @property
    def leader(self) -> Leader | None:
        """Who would be named best if the study ended now. Where none would, because every trial misses a constraint or there are
        several objectives: the one with the highest first value, in the latter case of those that none beats in everything."""
        with self._lock:
            found = list(self._standings.values())
            if self._objective is None or not found:
                return None
            front = choice.pareto(found) if len(self._objective.names) > 1 else []
            first = choice.likeliest(found)
            assert first is not None, "one of several is the likeliest"
            about, missed = self._about[first.number], unreached(self._objective, found)
            return Leader(first, self._objective.names, *about, max(1, len(front)), missed)

    def done(self, slots: Sequence[Progress]) -> float:
        """How many trials' training is done, the shares of those that run included."""
        with self._lock:
            runs = self._seeds_over.total() + sum(slot.share for slot in slots)
            return self._ended.total() + runs / self._runs

    def left(self, slots: Sequence[Progress], now: float, workers: int = 1) -> float | None:
        """Seconds until all trials have ended; None while none has, unless all of them run: then the slowest one's pace tells.

        The work that is outstanding, at what an epoch of training and a run's measuring took in runs that ended: the rest of what
        is in slots, and for what waits as many epochs as a run has on average, pruned ones and those in slots included. And at
        least as long as the slowest trial needs for its rest beside those that run now: nothing that waits makes the last faster.
        """
        with self._lock:
            slowest = self._slowest(slots, now)
            training = [slot for slot in slots if slot.epochs]
            unbegun = max(0, self._total - self._ended.total() - len(self._whole())) * self._runs + self._seeds_to_come()
            if not self._trained:
                return slowest if slowest and not unbegun else None
            lengths = [*self._trained, *(slot.epochs for slot in training)]
            epochs = sum(slot.epochs * (1 - slot.share) for slot in training) + unbegun * sum(lengths) / len(lengths)
            work = epochs * self._training / sum(self._trained)
            work += (len(training) + unbegun) * self._measuring / len(self._trained)
            return max(work / workers, slowest)

    def _end(self, trial: Trial, outcome: Outcome) -> None:
        epochs = self._epochs[trial.name]
        ran = trial.arm is None and not trial.parts and outcome.state is not State.FAILED
        if ran and epochs and outcome.duplicate_of is None and not trial.resumed:  # others did not take their whole time now
            training, whole = float(outcome.train["seconds"]), float(outcome.train["wall_seconds"])
            self._training, self._measuring = self._training + training, self._measuring + whole - training
            self._trained.append(epochs)
        self._close(trial)
        if trial.seed is not None:
            self._seeds_over[whole_of(trial)] += 1
        elif trial.arm is None:
            self._ended[outcome.state] += 1
            self._seeds_over.pop(trial.name, None)
            self._judge(trial, outcome)

    def _close(self, trial: Trial) -> None:
        for one in (trial, *trial.parts):  # a seed whose trial ended before it is gone without a word
            self._open.pop(one.name, None)
            self._epochs.pop(one.name, None)

    def _judge(self, trial: Trial, outcome: Outcome) -> None:
        """Finalists do not count: they are not compared with what the search found, but among themselves."""
        if outcome.state is State.COMPLETE and outcome.values and trial.stage is None and self._objective is not None:
            assert trial.number is not None, "an arm is not judged"
            tie = self._objective.tie(outcome.levels)
            self._note(Standing(trial.number, outcome.values, outcome.constraints, tie), outcome.levels, trial.params)

    def _note(self, standing: Standing, levels: Levels, params: Mapping[str, Any]) -> None:
        self._standings[standing.number] = standing
        found = {level: float(figures["accuracy"]) for level, figures in levels.items() if level in LEVELS}
        self._about[standing.number] = found, params

    def _whole(self) -> list[Trial]:
        return [one for one in self._open.values() if one.arm is None and one.seed is None]

    def _seeds_to_come(self) -> int:
        """Seeds of trials that have begun, without a slot so far."""
        inside = Counter(whole_of(one) for one in self._open.values() if one.seed is not None)
        return sum(max(0, len(one.parts) - self._seeds_over[one.name] - inside[one.name]) for one in self._whole() if one.parts)

    def _slowest(self, slots: Sequence[Progress], now: float) -> float:
        """Seconds until the last of these trials has trained, at each one's pace since another one came or went."""
        shares = {slot.name: slot.share for slot in slots if slot.step}
        first, since = self._beside
        if first.keys() != shares.keys():
            self._beside = (shares, now)
            return 0.0
        moved = {name: share - first[name] for name, share in shares.items() if share > first[name]}
        return max(((1 - shares[name]) * (now - since) / gain for name, gain in moved.items()), default=0.0)


class Speed:
    """Tokens a second of wall time, over the last minute: tokens of trained rows, question and answer, padding left out, counted
    every epoch, of all trials together. Time in which models answer counts too, and trains none."""

    def __init__(self, now: float) -> None:
        self._seen = deque([(now, 0.0)])  # (seconds, tokens until then)

    def at(self, now: float, tokens: float) -> float | None:
        """`tokens`: since the beginning. None while nothing was trained."""
        self._seen.append((now, tokens))
        while now - self._seen[0][0] > WINDOW and len(self._seen) > 2:
            self._seen.popleft()
        begun, before = self._seen[0]
        return (tokens - before) / (now - begun) if tokens > 0 and now > begun else None


def whole_of(seed: Trial) -> str:
    """The name of the trial that this is a seed of."""
    return seed.name.rpartition("/")[0]
