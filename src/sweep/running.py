"""What a Worker knows of a trial in one of its slots, what it tells of that at any time, and the adapter that is set aside while
it trains (`training.keep`)."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sweep.track import folder, provenance
from sweep.train.engine import Engine, EpochEnd, Plan
from sweep.trial import WAITS, Measurement, Progress, Snapshot, Trial

KEPT = "kept.json"  # what `training.keep` compared, and the epoch
SPENT = "spent.json"  # seconds so far: of training, of everything


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

    def trained(self, kept: int, further: float, *, slots: int, trainable: int) -> dict[str, Any]:
        """`train` of its result: what the training was, up to the last epoch's end. `kept`: the epoch of the adapter that is;
        `further`: seconds since the last that were counted, its share of them."""
        return {
            "final_loss": self.loss,
            "steps": self.end.losses[-1][0],
            "planned_steps": self.plan.steps,
            "tokens": self.plan.tokens_per_epoch * self.end.epoch,
            "seconds": round(self.seconds, 3),
            "wall_seconds": round(self.wall_seconds + further, 3),
            "kept_epoch": kept,
            "engine": self.trial.config.training.engine,
            "slots": slots,
            "trainable": trainable,
        }

    def note_spent(self, further: float) -> None:
        """Write down what it took so far, for whoever goes on. `further`: as in `trained`."""
        spent = (self.seconds, self.wall_seconds + further)
        folder.write_atomically(self.trial.folder / SPENT, folder.json_text(spent))

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


class Board:
    """What the slots do, written by the thread that trains, a little at every optimizer step, and read by any other one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[str, Progress] = {}
        self._tokens_a_step: dict[str, float] = {}  # of trials that train
        self._tokens = 0.0

    def enter(self, trial: Trial) -> None:
        """A trial has a slot."""
        epochs = 0 if trial.arm is not None else trial.config.training.epochs
        with self._lock:
            self._slots[trial.name] = Progress(trial.name, WAITS, epochs)

    def trains(self, trial: Trial, plan: Plan) -> None:
        """What a trial trains is known."""
        with self._lock:
            self._tokens_a_step[trial.name] = plan.tokens_per_epoch / plan.steps_per_epoch  # exact at each epoch's end
            self._slots[trial.name] = replace(self._slots[trial.name], doing="training", steps=plan.steps)

    def step(self, name: str, step: int, steps: int, loss: float) -> None:
        """An optimizer step was made."""
        with self._lock:
            self._tokens += self._tokens_a_step[name]
            self._slots[name] = replace(self._slots[name], step=step, steps=steps, loss=loss)

    def reached(self, name: str, step: int, loss: float) -> None:
        """An epoch ended at this step, which an earlier process may have made: its tokens were counted then, or never are."""
        with self._lock:
            self._slots[name] = replace(self._slots[name], step=step, loss=loss)

    def phase(self, name: str, doing: str) -> None:
        """What a trial does now."""
        with self._lock:
            self._slots[name] = replace(self._slots[name], doing=doing)

    def leave(self, name: str) -> None:
        """A trial has its slot no more."""
        with self._lock:
            self._slots.pop(name, None)
            self._tokens_a_step.pop(name, None)

    def snapshot(self) -> Snapshot:
        """As things stand; never waits for training."""
        with self._lock:
            return Snapshot(tuple(self._slots.values()), self._tokens)


def resumed(trial: Trial, plan: Plan) -> Running:
    """A trial that an earlier process began, with what that spent on it and set aside."""
    running = Running(trial, plan)
    if (spent := trial.folder / SPENT).is_file():
        running.seconds, running.wall_seconds = json.loads(spent.read_text(encoding="utf-8"))
    if (kept := kept_folder(trial) / KEPT).is_file():
        value, epoch = json.loads(kept.read_text(encoding="utf-8"))
        running.kept = (float(value), int(epoch))
    return running


def clear(trial: Trial) -> None:
    """Remove what only a running trial needs."""
    for left in (trial.checkpoints, kept_folder(trial)):
        shutil.rmtree(left, ignore_errors=True)
    (trial.folder / SPENT).unlink(missing_ok=True)


def kept_folder(trial: Trial) -> Path:
    """Where the best adapter so far lies."""
    return trial.folder / "kept"
