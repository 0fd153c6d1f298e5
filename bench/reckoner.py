"""A Worker that trains nothing: what each of its trials comes to is known before. All in slots go on by an epoch together, as
equal trials of the packed engine do. The real one is `sweep.worker`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sweep.trial import Done, Event, Failed, Rung, State, Trial


class Reckoner:
    """The Worker contract over figures."""

    def __init__(
        self, slots: int, epoch: Callable[[Trial, int], Rung | Failed], end: Callable[[Trial, State, int], Done]
    ) -> None:
        """`epoch`: what a trial's epoch comes to, counted from 1. `end`: its end after so many, complete or pruned."""
        self._slots, self._epoch, self._end = slots, epoch, end
        self._trained: dict[str, int] = {}  # epochs by the name of a trial
        self._trials: dict[str, Trial] = {}

    @property
    def free(self) -> int:
        """Empty slots."""
        return self._slots - len(self._trials)

    def start(self, trial: Trial, resume: Path | None = None) -> None:
        """Nothing is trained yet."""
        assert resume is None, "a fresh study has nothing to go on with"
        assert self.free > 0, f"no slot is free for trial {trial.name}"
        self._trials[trial.name], self._trained[trial.name] = trial, 0

    def advance(self) -> list[Event]:
        """One epoch of everybody."""
        return [event for trial in list(self._trials.values()) for event in self._went_on(trial)]

    def prune(self, trial: Trial) -> Done:
        """End it at its last rung."""
        epochs = self._trained[trial.name]
        self.stop(trial)
        return self._end(trial, State.PRUNED, epochs)

    def stop(self, trial: Trial) -> None:
        """Without a result."""
        del self._trials[trial.name], self._trained[trial.name]

    def _went_on(self, trial: Trial) -> list[Event]:
        epoch = self._trained[trial.name] = self._trained[trial.name] + 1
        event = self._epoch(trial, epoch)
        if isinstance(event, Failed):
            self.stop(trial)
            return [event]
        if epoch < trial.config.training.epochs:
            return [event]
        self.stop(trial)
        return [event, self._end(trial, State.COMPLETE, epoch)]
