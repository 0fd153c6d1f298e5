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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweep import selection
from sweep.config import Config
from sweep.data import prompts, records, tokens
from sweep.data.records import Dataset
from sweep.data.tokens import TokenRow
from sweep.evaluate import ladder
from sweep.evaluate.exam import Exam, OnPhase
from sweep.evaluate.ladder import Graded
from sweep.model import base as bases
from sweep.model.base import Base
from sweep.search.objective import objective
from sweep.track import folder, provenance
from sweep.train import room
from sweep.train.engine import Broken, Engine, EpochEnd, NoRoom, OnStep, Plan
from sweep.train.packed import Packed
from sweep.train.reference import Reference
from sweep.trial import Done, Event, Failed, Measurement, Outcome, Rung, State, Trial


@dataclass
class _Running:
    """A trial in a slot."""

    trial: Trial
    plan: Plan
    started: str = field(default_factory=provenance.now)
    seconds: float = 0.0  # of training: its share of the time in which several trained together
    wall_seconds: float = 0.0  # of everything, likewise
    kept: tuple[float, int] | None = None  # (what `training.keep` compares, epoch) of the adapter kept so far
    end: EpochEnd = field(default_factory=lambda: EpochEnd("", 0, ()))  # the last epoch's
    found: tuple[Measurement, ...] = ()  # measured at its end

    @property
    def last(self) -> bool:
        """All epochs are trained."""
        return self.end.epoch == self.plan.training.epochs


class Worker:
    """The Worker of the design, in this process; it has as many slots as its engine, one before an engine is there."""

    def __init__(
        self,
        on_step: OnStep | None = None,
        on_phase: OnPhase | None = None,
        say: Callable[[str], None] | None = None,
        expected: Sequence[Config] = (),
        most: int | None = None,
    ) -> None:
        """`expected`: configurations that will come, for the largest of which room is made; `most`: slots at most, however much
        room there is, where `executor.slots` is auto. `say` hears what a person should know."""
        self._on_step = on_step
        self._on_phase = on_phase or (lambda name, doing: None)
        self._say = say or (lambda line: None)
        self._expected = tuple(expected)
        self._most = most
        self._base: Base | None = None
        self._base_key: tuple[Any, ...] = ()
        self._engine: Engine | None = None
        self._running: dict[str, _Running] = {}
        self._arms: list[Trial] = []
        self._waiting: list[tuple[Trial, Path | None]] = []  # have a slot, but begin only when those who run have left
        self._stillborn: list[Failed] = []
        self._datasets: dict[str, Dataset] = {}
        self._rows: dict[tuple[Any, ...], tuple[TokenRow, ...]] = {}  # by what they depend on, for this base's tokenizer
        self._advance = (0.0, 1)  # when it was called last, and how many trials were in slots
        self.loads = 0  # how often a base was loaded; one, unless a study sweeps the base itself

    @property
    def free(self) -> int:
        """Empty slots. None while a trial waits for the others to leave."""
        slots = self._engine.slots if self._engine is not None else 1
        taken = len(self._running) + len(self._arms) + len(self._stillborn)
        return 0 if self._waiting else max(0, slots - taken)

    def start(self, trial: Trial, resume: Path | None = None) -> None:
        """Put a trial into a free slot, from the checkpoints in `resume` if given. Nothing is trained yet.

        A trial that cannot even start is a Failed event of the next `advance`, like one that breaks later.
        """
        assert self.free > 0, f"no slot is free for trial {trial.name}"
        if trial.arm is not None:
            self._arms.append(trial)
        else:
            self._waiting.append((trial, resume))
            self._admit()

    def advance(self) -> list[Event]:
        """Work until there is news. Empty only when no trial is in a slot."""
        events: list[Event] = []
        while self._arms:
            events.append(self._measure_arm(self._arms.pop(0)))
        self._admit()
        events += self._stillborn
        self._stillborn.clear()
        if events or self._engine is None:
            return events
        self._advance = (time.perf_counter(), len(self._running))
        news = self._engine.advance()
        trained = self._share()
        for running in self._running.values():
            running.seconds += trained
        events += [self._failed(self._running[one.key].trial, one.error) for one in news if isinstance(one, Broken)]
        events += self._at_epoch_ends([one for one in news if isinstance(one, EpochEnd)])
        for running in self._running.values():
            running.wall_seconds += self._share()
        return events

    def _share(self) -> float:
        """Seconds since `advance` was called, over the trials that were in slots then."""
        begun, beside = self._advance
        return (time.perf_counter() - begun) / beside

    def stop(self, trial: Trial) -> None:
        """Take a trial out of its slot without a result; the slot is free at once."""
        if trial.name not in self._running:
            self._waiting = [one for one in self._waiting if one[0].name != trial.name]
            return
        assert self._engine is not None, f"trial {trial.name} runs in no engine"
        try:
            self._engine.stop(trial.name)
        finally:
            self._clear(trial)

    # ---- one trial's life ---------------------------------------------------------------------------------------------

    def _admit(self) -> None:
        """Begin the trials that wait, as far as they can run beside those that do."""
        while self._waiting:
            trial, resume = self._waiting[0]
            if self._running and _base_key(trial.config) != self._base_key:
                return  # another base or engine comes when this one is idle
            try:
                self._begin(trial, resume)
            except Exception as error:
                if isinstance(error, NoRoom) and self._running:
                    return
                self._stillborn.append(self._failed(trial, error))
            self._waiting.pop(0)

    def _begin(self, trial: Trial, resume: Path | None) -> None:
        self._on_phase(trial.name, "loading")
        base, engine = self._resident(trial)
        plan = self._plan(trial.config, base, _checkpoints(trial))
        engine.start(trial.name, plan, resume)
        self._running[trial.name] = _Running(trial, plan)

    def _at_epoch_ends(self, ends: Sequence[EpochEnd]) -> list[Event]:
        """Measure what the epoch brought to these trials, all at once; those that trained to their end, wholly."""
        for end in ends:
            self._running[end.key].end = end
        due = [self._running[end.key] for end in ends]
        asked = [one for one in due if not one.last or one.trial.config.training.keep == "best_dev"]
        graded = self._asked(asked, whole=False)
        events: list[Event] = []
        for one in due:
            events += self._guarded(one, lambda one=one: self._rung(one, graded.get(one.trial.name, [])))  # type: ignore[misc]
        finished = [one for one in due if one.last and one.trial.name in self._running]
        for one, answers in zip(finished, self._asked(finished, whole=True).values(), strict=True):
            events += self._guarded(one, lambda one=one, answers=answers: self._finish(one, answers))  # type: ignore[misc]
        return events

    def _guarded(self, running: _Running, act: Callable[[], list[Event]]) -> list[Event]:
        """One trial's failure is an event of that trial alone."""
        trial = running.trial
        try:
            return act()
        except Exception as error:
            if (ended := folder.read_result(trial.folder)) is not None:
                raise RuntimeError(f"trial {trial.name} is {ended['state']}, but its slot could not be freed") from error
            failed = self._failed(trial, error, stop=True)
            return [failed]

    def _asked(self, sitting: Sequence[_Running], whole: bool) -> dict[str, list[Graded] | Exception]:
        """Answers of these trials' adapters by trial. Where asking all at once raises, each is asked alone, and one that raises
        again has its error in place of answers."""
        assert self._engine is not None, "adapters are asked in their engine"
        if not sitting:
            return {}
        exam = self._exam()
        try:
            voices = self._engine.adapted(*(one.trial.name for one in sitting))
            papers = [(one.trial, self._dataset(one.trial.config)) for one in sitting]
            found = exam.whole(papers, voices) if whole else exam.at_rung(papers, voices)
        except Exception as error:
            if len(sitting) == 1:
                return {sitting[0].trial.name: error}
            return {name: got for one in sitting for name, got in self._asked([one], whole).items()}
        return {one.trial.name: graded for one, graded in zip(sitting, found, strict=True)}

    def _rung(self, running: _Running, graded: list[Graded] | Exception) -> list[Event]:
        """Record an epoch's end; after the last one, make ready the adapter that is kept, which is still to be measured."""
        assert self._engine is not None, "a rung is reached in an engine"
        running.found = self._measured(running.trial, ladder.levels(_told(graded))) if graded else ()
        self._keep(running)
        if not running.last:
            return [self._record(running)]
        kept = running.kept[1] if running.kept is not None else running.end.epoch
        if kept != running.end.epoch:
            self._engine.load(running.trial.name, _kept(running.trial))
        self._engine.save(running.trial.name, running.trial.folder / "adapter")
        return []

    def _record(self, running: _Running) -> Rung:
        """Write an epoch's losses and figures."""
        trial, end = running.trial, running.end
        rows: list[dict[str, Any]] = [{"step": step, "epoch": end.epoch, "train/loss": loss} for step, loss in end.losses]
        rows.append({"step": end.losses[-1][0], "epoch": end.epoch, **{one.name: one.value for one in running.found}})
        folder.append_metrics(trial.folder, rows)
        return Rung(trial, end.epoch, trial.config.training.epochs, end.losses, running.found)

    def _finish(self, running: _Running, graded: list[Graded] | Exception) -> list[Event]:
        """Record the whole measurement and free the slot."""
        trial, end = running.trial, running.end
        kept = running.kept[1] if running.kept is not None else end.epoch
        answers = _told(graded)
        folder.write_predictions(trial.folder, [one.row(trial.config.seed, kept) for one in answers])
        dev, test = _by_split(answers)
        train = {
            "final_loss": sum(loss for _, loss in end.losses) / len(end.losses),
            "steps": running.plan.steps,
            "tokens": running.plan.tokens_per_epoch * trial.config.training.epochs,
            "seconds": round(running.seconds, 3),
            "wall_seconds": round(running.wall_seconds + self._share(), 3),
            "kept_epoch": kept,
            "trainable": self._trainable(trial, running.plan.modules),
        }
        outcome = Outcome(State.COMPLETE, objective(trial.config.search.objective, dev), dev, test, train)
        if not running.found and kept == end.epoch:
            running.found = self._measured(trial, outcome.levels)
        rung = self._record(running)
        folder.write_result(trial.folder, folder.result_body(trial, outcome, self._provenance(trial.config, running.started)))
        self.stop(trial)
        return [rung, Done(trial, outcome)]

    def _measure_arm(self, trial: Trial) -> Event:
        """The untouched base, asked the same questions in the same way."""
        try:
            begun, started = time.perf_counter(), provenance.now()
            base, _ = self._resident(trial)
            (graded,) = self._exam().whole([(trial, self._dataset(trial.config))], base.model)
            folder.write_predictions(trial.folder, [one.row(trial.config.seed, 0) for one in graded])
            dev, test = _by_split(graded)
            seconds = {"seconds": round(time.perf_counter() - begun, 3)}
            outcome = Outcome(State.COMPLETE, objective(trial.config.search.objective, dev), dev, test, seconds)
            folder.write_arm(trial.folder, folder.result_body(trial, outcome, self._provenance(trial.config, started)))
            return Done(trial, outcome)
        except Exception as error:
            return self._failed(trial, error)

    def _failed(self, trial: Trial, error: Exception, stop: bool = False) -> Failed:
        """Record a failure with its traceback; `stop` frees the slot of a trial that still has one."""
        outcome = Outcome(State.FAILED, None, {}, {}, {}, error="".join(traceback.format_exception(error)))
        running = self._running.get(trial.name)
        body = folder.result_body(trial, outcome, self._provenance(trial.config, running.started if running else None))
        if stop:
            self.stop(trial)
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

    def _keep(self, running: _Running) -> None:
        """Set the adapter aside when it is the best so far by `training.keep`; higher is better."""
        assert self._engine is not None, "an adapter is kept from its engine"
        keep, end = running.trial.config.training.keep, running.end
        if keep == "last":
            return
        loss = sum(loss for _, loss in end.losses) / len(end.losses)
        value = -loss if keep == "best_loss" else next(one.value for one in running.found if one.name == "objective")
        if running.kept is None or value > running.kept[0]:
            running.kept = (value, end.epoch)
            self._engine.save(running.trial.name, _kept(running.trial))

    # ---- what trials share ----------------------------------------------------------------------------------------------

    def _resident(self, trial: Trial) -> tuple[Base, Engine]:
        """The base of this configuration and the engine on it; another base only replaces it when no trial is in a slot."""
        config, key = trial.config, _base_key(trial.config)
        if self._base is None or self._engine is None or key != self._base_key:
            assert not self._running, "another base cannot be loaded while a trial trains on this one"
            if self._base is None or key[:-1] != self._base_key[:-1]:
                self._base = self._engine = None
                self._rows.clear()
                self._base = bases.load(
                    config.model.source,
                    config.model.revision,
                    quantization=config.quantization.kind,
                    threshold=config.quantization.threshold,
                    precision=config.training.precision,
                )
                self.loads += 1
            self._engine = self._new_engine(trial, self._base)
            self._base_key = key
        return self._base, self._engine

    def _new_engine(self, trial: Trial, base: Base) -> Engine:
        if trial.config.training.engine == "reference":
            return Reference(base, self._on_step)
        wanted = trial.config.executor.slots
        if wanted != "auto":
            return Packed(base, wanted, self._on_step, self._say)
        alike = [config for config in self._expected if _base_key(config) == _base_key(trial.config)]
        plan = self._plan(trial.config, base, _checkpoints(trial))
        slots = room.slots(base, plan, [trial.config, *alike], self._most)
        return Packed(base, slots, self._on_step, self._say, adaptive=True)

    def _exam(self) -> Exam:
        assert self._base is not None, "questions are asked of a resident base"
        return Exam(self._base.tokenizer, self._base.ends, self._on_phase)

    def _plan(self, config: Config, base: Base, checkpoints: Path) -> Plan:
        key = (config.data, config.prompt, config.training.max_length, config.seed)
        if key not in self._rows:  # the same object for trials with the same rows: an engine then joins them once
            rows = selection.training_rows(self._dataset(config), config.data, config.seed)
            prompt = prompts.build(base.tokenizer, config.prompt.template, config.prompt.system)
            longest, ends = config.training.max_length, config.data.end_token_in_labels
            self._rows[key] = tokens.tokenise(rows, base.tokenizer, prompt, longest, ends)
        modules = base.layers.select(config.lora.targets, config.lora.layers, config.lora.lm_head)
        return Plan(self._rows[key], modules, config.lora, config.training, config.seed, checkpoints)

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


def _base_key(config: Config) -> tuple[Any, ...]:
    """What must agree for two trials to run side by side: the base, and last the engine."""
    return (config.model, config.quantization, config.training.precision, config.training.engine)


def _told(graded: list[Graded] | Exception) -> list[Graded]:
    """The graded answers; raises what kept them from being given."""
    if isinstance(graded, Exception):
        raise graded
    return graded


def _by_split(graded: list[Graded]) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    dev, test = ([one for one in graded if one.item.split == split] for split in ("dev", "test"))
    return ladder.levels(dev), ladder.levels(test)


def _checkpoints(trial: Trial) -> Path:
    return trial.folder / "ckpt"


def _kept(trial: Trial) -> Path:
    return trial.folder / "kept"
