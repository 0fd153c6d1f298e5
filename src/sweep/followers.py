"""Who follows a study beside the view on the terminal: the record of its configurations, and the MLflow mirror."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sweep.config import plain
from sweep.preflight import Ground
from sweep.track import folder
from sweep.track.mirror import Mirror
from sweep.trial import Done, Event, Failed, Recalled, Retried, Rung, Trial


class Record:
    """Writes .hydra of each trial and who it is before it starts."""

    def __init__(self, hydra: Mapping[str, Any], ground: Ground) -> None:
        self._hydra = dict(hydra)
        self._ground = ground

    def opened(self, trial: Trial) -> None:
        folder.write_trial(trial, _trainable(trial, self._ground))
        folder.write_hydra(trial.folder, plain(trial.config), trial.overrides, self._hydra)

    def refused(self, number: int) -> None:
        """Who proposes records what it was."""

    def heard(self, event: Event) -> None:
        """Results are the Worker's to write."""


class Mirrored:
    """The MLflow mirror as a listener."""

    def __init__(self, mirror: Mirror, ground: Ground) -> None:
        self._mirror = mirror
        self._ground = ground

    def opened(self, trial: Trial) -> None:
        self._mirror.open_trial(trial, _trainable(trial, self._ground))

    def refused(self, number: int) -> None:
        """It has no run: nothing was trained or measured."""

    def heard(self, event: Event) -> None:
        match event:
            case Rung():
                self._mirror.rung(event)
            case Done(trial=trial, outcome=outcome) | Failed(trial=trial, outcome=outcome):
                self._mirror.close_trial(trial, outcome)
            case Retried():
                """Its run stays open for the next attempt."""
            case Recalled():
                """It has its run."""


def _trainable(trial: Trial, ground: Ground) -> int:
    """How many numbers it trains; an arm none."""
    return 0 if trial.arm else ground.trainable(trial.config)
