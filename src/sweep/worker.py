"""One resident base and its slots: a trial goes in, is trained epoch by epoch, measured and recorded, and comes out as events.

    worker.start(trial)          put a trial into a free slot
    worker.advance() -> events   train until any slot has news: Rung (an epoch ended), Done, Failed
    worker.stop(trial)           prune or cancel

The Worker writes the trial's folder and nothing else: it never opens the study, and it never tracks.
"""

from __future__ import annotations

import shutil
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweep import selection
from sweep.config import Config
from sweep.data import prompts, records, tokens
from sweep.data.records import Dataset
from sweep.evaluate import ladder
from sweep.evaluate.exam import Exam, OnPhase
from sweep.evaluate.ladder import Graded
from sweep.model import base as bases
from sweep.model.base import Base
from sweep.search.objective import objective
from sweep.track import folder, provenance
from sweep.train.engine import Broken, Engine, EpochEnd, OnStep, Plan
from sweep.train.reference import Reference
from sweep.trial import Done, Event, Failed, Measurement, Outcome, Rung, State, Trial


@dataclass
class _Running:
    """A trial in a slot."""

    trial: Trial
    plan: Plan
    started: str = field(default_factory=provenance.now)
    begun: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0  # of training
    kept: tuple[float, int] | None = None  # (what `training.keep` compares, epoch) of the adapter kept so far
    losses: tuple[tuple[int, float], ...] = field(default=())  # of the last epoch


class Worker:
    """The Worker of the design, in this process; it has as many slots as its engine."""

    def __init__(self, on_step: OnStep | None = None, on_phase: OnPhase | None = None) -> None:
        self._on_step = on_step
        self._on_phase = on_phase or (lambda name, doing: None)
        self._base: Base | None = None
        self._base_key: tuple[Any, ...] = ()
        self._engine: Engine | None = None
        self._running: dict[str, _Running] = {}
        self._arms: list[Trial] = []
        self._stillborn: list[Failed] = []
        self._datasets: dict[str, Dataset] = {}
        self.loads = 0  # how often a base was loaded; one, unless a study sweeps the base itself

    @property
    def free(self) -> int:
        """Empty slots."""
        slots = self._engine.slots if self._engine is not None else Reference.slots
        return slots - len(self._running) - len(self._arms) - len(self._stillborn)

    def start(self, trial: Trial, resume: Path | None = None) -> None:
        """Put a trial into a free slot, from the checkpoints in `resume` if given. Nothing is trained yet.

        A trial that cannot even start is a Failed event of the next `advance`, like one that breaks later.
        """
        assert self.free > 0, f"no slot is free for trial {trial.name}"
        if trial.arm is not None:
            self._arms.append(trial)
            return
        try:
            self._begin(trial, resume)
        except Exception as error:
            self._stillborn.append(self._failed(trial, error))

    def advance(self) -> list[Event]:
        """Work until there is news. Empty only when no trial is in a slot."""
        events: list[Event] = [*self._stillborn]
        self._stillborn.clear()
        while self._arms:
            events.append(self._measure_arm(self._arms.pop(0)))
        if events or self._engine is None:
            return events
        begun = time.perf_counter()
        news = self._engine.advance()
        seconds = time.perf_counter() - begun
        for running in self._running.values():
            running.seconds += seconds / len(self._running)
        for one in news:
            events += self._hear(one)
        return events

    def stop(self, trial: Trial) -> None:
        """Take a trial out of its slot without a result; the slot is free at once."""
        assert self._engine is not None, f"trial {trial.name} was never started"
        try:
            self._engine.stop(trial.name)
        finally:
            self._clear(trial)

    # ---- one trial's life ---------------------------------------------------------------------------------------------

    def _begin(self, trial: Trial, resume: Path | None) -> None:
        self._on_phase(trial.name, "loading")
        base, engine = self._resident(trial.config)
        plan = self._plan(trial, base)
        engine.start(trial.name, plan, resume)
        self._running[trial.name] = _Running(trial, plan)

    def _hear(self, news: EpochEnd | Broken) -> list[Event]:
        running = self._running[news.key]
        if isinstance(news, Broken):
            return [self._failed(running.trial, news.error)]
        try:
            return self._at_rung(running, news)
        except Exception as error:
            if (ended := folder.read_result(running.trial.folder)) is not None:
                raise RuntimeError(f"trial {running.trial.name} is {ended['state']}, but its slot could not be freed") from error
            self.stop(running.trial)
            return [self._failed(running.trial, error)]

    def _at_rung(self, running: _Running, end: EpochEnd) -> list[Event]:
        """Measure what the epoch brought; after the last one, measure and record everything."""
        assert self._engine is not None, "a rung is reached in an engine"
        trial, training = running.trial, running.trial.config.training
        last = end.epoch == training.epochs
        running.losses = end.losses
        rows = [{"step": step, "epoch": end.epoch, "train/loss": loss} for step, loss in end.losses]
        found: tuple[Measurement, ...] = ()
        if not last or training.keep == "best_dev":
            (graded,) = self._exam().at_rung([(trial, self._dataset(trial.config))], self._engine.adapted(trial.name))
            found = self._measured(trial, ladder.levels(graded)) if graded else ()
        self._keep(running, end, found)
        outcome = self._finish(running) if last else None
        if outcome is not None and not found and outcome.train["kept_epoch"] == end.epoch:
            found = self._measured(trial, outcome.levels)
        rows.append({"step": end.losses[-1][0], "epoch": end.epoch, **{one.name: one.value for one in found}})
        folder.append_metrics(trial.folder, rows)
        rung = Rung(trial, end.epoch, training.epochs, end.losses, found)
        if outcome is None:
            return [rung]
        folder.write_result(trial.folder, folder.result_body(trial, outcome, self._provenance(trial.config, running.started)))
        self.stop(trial)
        return [rung, Done(trial, outcome)]

    def _finish(self, running: _Running) -> Outcome:
        """The whole measurement of the adapter that is kept, and the files that go with it."""
        assert self._engine is not None, "a trial finishes in its engine"
        trial = running.trial
        kept_epoch = trial.config.training.epochs
        if running.kept is not None and running.kept[1] != kept_epoch:
            kept_epoch = running.kept[1]
            self._engine.load(trial.name, _kept(trial))
        self._engine.save(trial.name, trial.folder / "adapter")
        (graded,) = self._exam().whole([(trial, self._dataset(trial.config))], self._engine.adapted(trial.name))
        folder.write_predictions(trial.folder, [one.row(trial.config.seed, kept_epoch) for one in graded])
        dev, test = _by_split(graded)
        train = {
            "final_loss": sum(loss for _, loss in running.losses) / len(running.losses),
            "steps": running.plan.steps,
            "tokens": running.plan.tokens_per_epoch * trial.config.training.epochs,
            "seconds": round(running.seconds, 3),
            "wall_seconds": round(time.perf_counter() - running.begun, 3),
            "kept_epoch": kept_epoch,
            "trainable": self._trainable(trial, running.plan.modules),
        }
        return Outcome(State.COMPLETE, objective(trial.config.search.objective, dev), dev, test, train)

    def _measure_arm(self, trial: Trial) -> Event:
        """The untouched base, asked the same questions in the same way."""
        try:
            begun, started = time.perf_counter(), provenance.now()
            base, _ = self._resident(trial.config)
            (graded,) = self._exam().whole([(trial, self._dataset(trial.config))], base.model)
            folder.write_predictions(trial.folder, [one.row(trial.config.seed, 0) for one in graded])
            dev, test = _by_split(graded)
            seconds = {"seconds": round(time.perf_counter() - begun, 3)}
            outcome = Outcome(State.COMPLETE, objective(trial.config.search.objective, dev), dev, test, seconds)
            folder.write_arm(trial.folder, folder.result_body(trial, outcome, self._provenance(trial.config, started)))
            return Done(trial, outcome)
        except Exception as error:
            return self._failed(trial, error)

    def _failed(self, trial: Trial, error: Exception) -> Failed:
        """Record a failure with its traceback."""
        outcome = Outcome(State.FAILED, None, {}, {}, {}, error="".join(traceback.format_exception(error)))
        running = self._running.get(trial.name)
        body = folder.result_body(trial, outcome, self._provenance(trial.config, running.started if running else None))
        (folder.write_arm if trial.arm is not None else folder.write_result)(trial.folder, body)
        self._clear(trial)
        return Failed(trial, outcome)

    def _clear(self, trial: Trial) -> None:
        self._running.pop(trial.name, None)
        for left in (_checkpoints(trial), _kept(trial)):
            shutil.rmtree(left, ignore_errors=True)

    # ---- measuring ------------------------------------------------------------------------------------------------------

    def _measured(self, trial: Trial, levels: dict[str, dict[str, Any]]) -> tuple[Measurement, ...]:
        """A rung's figures; `objective` among them, by which a trial is judged."""
        found = ladder.measurements(levels)
        value = objective(trial.config.search.objective, levels)
        if value is None:
            return found
        return (*found, Measurement("objective", value, sum(int(figures["n"]) for figures in levels.values()), None, "higher"))

    def _keep(self, running: _Running, end: EpochEnd, found: tuple[Measurement, ...]) -> None:
        """Set the adapter aside when it is the best so far by `training.keep`; higher is better."""
        assert self._engine is not None, "an adapter is kept from its engine"
        keep = running.trial.config.training.keep
        if keep == "last":
            return
        loss = sum(loss for _, loss in end.losses) / len(end.losses)
        value = -loss if keep == "best_loss" else next(one.value for one in found if one.name == "objective")
        if running.kept is None or value > running.kept[0]:
            running.kept = (value, end.epoch)
            self._engine.save(running.trial.name, _kept(running.trial))

    # ---- what trials share ----------------------------------------------------------------------------------------------

    def _resident(self, config: Config) -> tuple[Base, Engine]:
        """The base of this configuration and the engine on it; another base only replaces it when no trial is in a slot."""
        key = (config.model, config.quantization, config.training.precision)
        if self._base is None or self._engine is None or key != self._base_key:
            assert not self._running, "another base cannot be loaded while a trial trains on this one"
            self._base = self._engine = None
            self._base = bases.load(
                config.model.source,
                config.model.revision,
                quantization=config.quantization.kind,
                threshold=config.quantization.threshold,
                precision=config.training.precision,
            )
            self._engine = Reference(self._base, self._on_step)
            self._base_key = key
            self.loads += 1
        return self._base, self._engine

    def _exam(self) -> Exam:
        assert self._base is not None, "questions are asked of a resident base"
        return Exam(self._base.tokenizer, self._base.ends, self._on_phase)

    def _plan(self, trial: Trial, base: Base) -> Plan:
        config = trial.config
        rows = selection.training_rows(self._dataset(config), config.data, config.seed)
        prompt = prompts.build(base.tokenizer, config.prompt.template, config.prompt.system)
        tokenised = tokens.tokenise(rows, base.tokenizer, prompt, config.training.max_length, config.data.end_token_in_labels)
        modules = base.layers.select(config.lora.targets, config.lora.layers, config.lora.lm_head)
        return Plan(tokenised, modules, config.lora, config.training, config.seed, _checkpoints(trial))

    def _dataset(self, config: Config) -> Dataset:
        if config.data.path not in self._datasets:
            self._datasets[config.data.path] = records.load(config.data.path)
        return selection.narrowed(self._datasets[config.data.path], config.data)

    def _trainable(self, trial: Trial, modules: tuple[str, ...]) -> int:
        assert self._base is not None, "trainable parameters belong to a resident base"
        return self._base.layers.trainable(modules, trial.config.lora.rank)

    def _provenance(self, config: Config, started: str | None) -> dict[str, Any]:
        found = self._datasets.get(config.data.path)
        digest = found.digest if found is not None else ""
        if self._base is None:
            return provenance.collect("none", None, digest, started=started)
        base = self._base
        return provenance.collect(base.described_device(), base.revision, digest, precision=base.precision, started=started)


def _by_split(graded: list[Graded]) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    dev, test = ([one for one in graded if one.item.split == split] for split in ("dev", "test"))
    return ladder.levels(dev), ladder.levels(test)


def _checkpoints(trial: Trial) -> Path:
    return trial.folder / "ckpt"


def _kept(trial: Trial) -> Path:
    return trial.folder / "kept"
