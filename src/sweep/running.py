"""What a Worker knows of a trial in one of its slots, and the adapter that is set aside while it trains (`training.keep`)."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweep.track import folder, provenance
from sweep.train.engine import Engine, EpochEnd, Plan
from sweep.trial import Measurement, Trial

KEPT = "kept.json"  # what `training.keep` compared, and the epoch


@dataclass
class Running:
    """A trial in a slot."""

    trial: Trial
    plan: Plan
    started: str = field(default_factory=provenance.now)
    seconds: float = 0.0  # of training: its share of the time in which several trained together
    wall_seconds: float = 0.0  # of everything, likewise
    kept: tuple[float, int] | None = None  # (what `training.keep` compares, epoch) of the adapter kept so far
    end: EpochEnd = field(default_factory=lambda: EpochEnd("", 0, ()))  # the last epoch's
    levels: dict[str, dict[str, Any]] = field(default_factory=dict)  # measured at its end, of the questions of a rung
    found: tuple[Measurement, ...] = ()  # the same as measurements
    likely: tuple[Measurement, ...] = ()  # of the right answers to the same questions, where pruning goes by that
    fresh: bool = True  # no epoch was recorded yet by this process

    @property
    def last(self) -> bool:
        """All epochs are trained."""
        return self.end.epoch == self.plan.training.epochs

    @property
    def loss(self) -> float:
        """Mean of the last epoch, in nats per answer token."""
        return sum(loss for _, loss in self.end.losses) / len(self.end.losses)

    def keep(self, engine: Engine) -> None:
        """Set the adapter aside when it is the best so far by `training.keep`; higher is better."""
        by = self.trial.config.training.keep
        if by == "last":
            return
        value = -self.loss if by == "best_loss" else next(one.value for one in self.found if one.name == "objective")
        if self.kept is None or value > self.kept[0]:
            self.kept = (value, self.end.epoch)
            engine.save(self.trial.name, kept_folder(self.trial))
            folder.write_atomically(kept_folder(self.trial) / KEPT, folder.json_text(self.kept))

    def restore(self, engine: Engine) -> None:
        """Make the kept adapter the trial's own, where it is not."""
        if self.kept is not None and self.kept[1] != self.end.epoch:
            engine.load(self.trial.name, kept_folder(self.trial))


def resumed(trial: Trial, plan: Plan) -> Running:
    """A trial that an earlier process began, with what that set aside."""
    file = kept_folder(trial) / KEPT
    if not file.is_file():
        return Running(trial, plan)
    value, epoch = json.loads(file.read_text(encoding="utf-8"))
    return Running(trial, plan, kept=(float(value), int(epoch)))


def clear(trial: Trial) -> None:
    """Remove what only a running trial needs."""
    for left in (trial.checkpoints, kept_folder(trial)):
        shutil.rmtree(left, ignore_errors=True)


def kept_folder(trial: Trial) -> Path:
    """Where the best adapter so far lies."""
    return trial.folder / "kept"
