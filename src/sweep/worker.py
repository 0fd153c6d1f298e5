"""One resident base and its slots: a trial goes in, is trained epoch by epoch, measured and recorded, and comes out as events.

    worker.start(trial)          put a trial into a free slot
    worker.advance() -> events   train until any slot has news: Rung (an epoch ended), Done, Failed
    worker.prune(trial) -> Done  end it here, with what was measured so far
    worker.stop(trial)           cancel it, without a result
    worker.snapshot()            what every slot does at this moment; any thread may ask, also while `advance` works

The Worker writes the trial's folder and nothing else: it never opens the study, and it never tracks.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sweep.config import Config
from sweep.errors import Fault
from sweep.evaluate import arm, drift, ladder, priors, probes
from sweep.evaluate.exam import Ask, Exam, Found, Sitting, told
from sweep.evaluate.ladder import Graded
from sweep.resident import Resident
from sweep.running import Board, Running, clear, resumed
from sweep.search.objective import Objective, judged
from sweep.track import folder, provenance
from sweep.train.engine import Broken, Diverged, Engine, EpochEnd, NoRoom
from sweep.trial import WAITS, Again, Done, Event, Failed, Measurement, Outcome, Rung, Snapshot, State, Trial, bodies

T = TypeVar("T")
Levels = dict[str, dict[str, Any]]


class Worker:
    """The Worker of the design, in this process; it has as many slots as its engine, one before an engine is there."""

    def __init__(
        self,
        say: Callable[[str], None] | None = None,
        expected: Sequence[Config] = (),
        most: int | None = None,
    ) -> None:
        """`expected`: configurations that will come, for the largest of which room is made; `most`: slots at most, however much
        room there is, where `executor.slots` is auto. `say` hears what a person should know."""
        self._board = Board()
        self._resident = Resident(self._board.step, say, expected, most)
        self._say = say or (lambda line: None)
        self._running: dict[str, Running] = {}
        self._arms: list[Trial] = []
        self._waiting: list[tuple[Trial, Path | None]] = []  # have a slot, but begin only when those who run have left
        self._stillborn: list[Failed] = []
        self._full: float = math.inf  # trials beside which memory had no room for one more
        self._advance = (0.0, 1)  # when it was called last, and how many trials were in slots

    @property
    def loads(self) -> int:
        """How often a base was loaded; once, unless a study sweeps the base itself."""
        return self._resident.loads

    @property
    def free(self) -> int:
        """Empty slots. None while a trial waits for the others to leave."""
        slots = self._resident.engine.slots if self._resident.engine is not None else 1
        taken = len(self._running) + len(self._arms) + len(self._stillborn)
        return 0 if self._waiting else max(0, slots - taken)

    def start(self, trial: Trial, resume: Path | None = None) -> None:
        """Put a trial into a free slot, from the checkpoints in `resume` if given. Nothing is trained yet. A trial that cannot
        even start is a Failed event of the next `advance`, like one that breaks later."""
        assert self.free > 0, f"no slot is free for trial {trial.name}"
        self._board.enter(trial)
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
        if events or not self._running:
            return events
        self._advance = (time.perf_counter(), len(self._running))
        news = self._engine.advance()
        assert news, f"nothing comes of {', '.join(self._running)} any more, though they have not ended"
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

    def prune(self, trial: Trial) -> Done:
        """End a trial at its last rung: what was measured there is its result, and its slot is free."""
        running = self._running[trial.name]
        train = self._trained(running, running.end.epoch)
        outcome = judged(State.PRUNED, trial.config.search, running.levels, {}, train)
        self._write(trial, outcome, running.started)
        self.stop(trial)
        return Done(trial, outcome)

    def stop(self, trial: Trial) -> None:
        """Take a trial out of its slot without a result; the slot is free at once."""
        if trial.name not in self._running:
            self._waiting = [one for one in self._waiting if one[0].name != trial.name]
            self._board.leave(trial.name)
            return
        try:
            self._engine.stop(trial.name)
        finally:
            self._clear(trial)

    def snapshot(self) -> Snapshot:
        """What every slot does, and how much was trained; as many of them as trials were started and have not ended."""
        return self._board.snapshot()

    # ---- one trial's life ---------------------------------------------------------------------------------------------

    def _admit(self) -> None:
        """Begin the trials that wait, as far as they can run beside those that do."""
        while self._waiting:
            trial, resume = self._waiting[0]
            if self._running and not self._resident.serves(trial.config):
                return  # another base or engine comes when this one is idle
            if len(self._running) >= self._full:
                return
            try:
                self._begin(trial, resume)
            except Exception as error:
                if isinstance(error, NoRoom) and self._running:
                    self._full = len(self._running)
                    self._board.phase(trial.name, WAITS)
                    self._say(f"trial {trial.name} waits: {error}")
                    return
                self._stillborn.append(self._failed(trial, error))
            self._waiting.pop(0)

    def _begin(self, trial: Trial, resume: Path | None) -> None:
        self._board.phase(trial.name, "loading")
        engine = self._bring(trial)
        plan = self._resident.plan(trial.config, trial.checkpoints)
        self._resident.ask_the_base(trial, self._exam())
        self._board.phase(trial.name, "loading")
        folder.reopen(trial.folder, folder.record(trial))
        written = resume is not None and resume.is_dir() and any(resume.iterdir())  # before its process died
        try:
            engine.start(trial.name, plan, resume)
        except FileNotFoundError as error:
            if written:
                self._say(f"trial {trial.name} begins anew: {error}")
            elif resume is None:
                raise
            engine.start(trial.name, plan)
        self._board.trains(trial, plan)
        self._running[trial.name] = Running(trial, plan) if resume is None else resumed(trial, plan)

    def _at_epoch_ends(self, ends: Sequence[EpochEnd]) -> list[Event]:
        """Measure what the epoch brought to these trials, all at once; those that trained to their end, wholly."""
        for end in ends:
            self._running[end.key].end = end
            self._running[end.key].note_spent(self._share())
            self._board.reached(end.key, *end.losses[-1])
        due = [self._running[end.key] for end in ends]
        asked = [one for one in due if not one.last or one.trial.config.training.keep == "best_dev"]
        graded = self._asked(asked, Exam.at_rung)
        likely = self._asked([one for one in due if one.trial.config.search.signal == "log_likelihood"], Exam.likelihood)
        events: list[Event] = []
        for one in due:
            events += self._guarded(one, lambda one=one: self._rung(one, graded, likely))  # type: ignore[misc]
        finished = [one for one in due if one.last and one.trial.name in self._running]
        answers, moved = self._asked(finished, Exam.whole), self._asked(finished, self._drift)
        for one in finished:
            events += self._guarded(one, lambda one=one: self._finish(one, answers, moved))  # type: ignore[misc]
        for one in due:
            if one.trial.name in self._running:
                self._board.phase(one.trial.name, "training")
        return events

    def _drift(self, exam: Exam, sitting: Sitting, voices: Any) -> list[list[list[float]]]:
        """How far these trials' adapters moved from the base, token by token of its neutral text."""
        return exam.divergences(sitting, [self._resident.neutral(trial.config) for trial, _ in sitting], voices)

    def _guarded(self, running: Running, act: Callable[[], list[Event]]) -> list[Event]:
        """One trial's failure is an event of that trial alone."""
        trial = running.trial
        try:
            return act()
        except Exception as error:
            if (ended := folder.read_result(trial.folder, folder.record(trial))) is not None:
                raise RuntimeError(f"trial {trial.name} is {ended['state']}, but its slot could not be freed") from error
            failed = self._failed(trial, error, stop=True)
            return [failed]

    def _asked(self, asked: Sequence[Running], ask: Ask[T]) -> Found[T]:
        """What an exam finds for these trials' adapters, by trial."""
        if not asked:
            return {}
        sitting = [(one.trial, self._resident.dataset(one.trial.config)) for one in asked]
        return self._exam().together(sitting, self._engine.adapted, ask)

    def _rung(self, running: Running, graded: Found[Graded], likely: Found[float]) -> list[Event]:
        """Record an epoch's end; after the last one, make ready the adapter that is kept, which is still to be measured."""
        answers, golds = (told(found.get(running.trial.name, [])) for found in (graded, likely))
        running.levels = ladder.levels(answers) if answers else {}
        running.found = self._measured(running.trial, running.levels, answers) if answers else ()
        running.likely = ladder.likelihood(golds) if golds else ()
        running.keep(self._engine)
        if not running.last:
            return [self._record(running)]
        running.restore(self._engine)
        self._engine.save(running.trial.name, running.trial.folder / "adapter")
        return []

    def _record(self, running: Running) -> Rung:
        """Write an epoch's losses and figures."""
        trial, end, found = running.trial, running.end, (*running.found, *running.likely)
        if running.fresh:
            folder.cut_metrics(trial.folder, end.epoch)  # what an earlier process recorded of this epoch and later ones
            running.fresh = False
        rung = Rung(trial, end.epoch, trial.config.training.epochs, end.losses, found)
        folder.append_metrics(trial.folder, folder.rung_rows(rung))
        return rung

    def _finish(self, running: Running, graded: Found[Graded], moved: Found[list[float]]) -> list[Event]:
        """Record the whole measurement and free the slot."""
        trial, end = running.trial, running.end
        kept = running.kept[1] if running.kept is not None else end.epoch
        answers, found = told(graded[trial.name]), drift.measured(told(moved[trial.name]))
        folder.write_predictions(trial.folder, [one.row(trial.config.seed, kept) for one in answers])
        dev, test = self._with_beliefs(trial, answers, *ladder.by_split(answers))
        train = self._trained(running, kept)
        probed = probes.measure(self._resident.dataset(trial.config), answers)
        costs = bodies((*ladder.health(answers), *probed, *found))
        outcome = judged(State.COMPLETE, trial.config.search, dev, test, train, costs=costs)
        if not running.found and kept == end.epoch:
            running.found = self._measured(trial, outcome.levels, answers)
        rung = self._record(running)
        self._write(trial, outcome, running.started)
        self.stop(trial)
        return [rung, Done(trial, outcome)]

    def _trained(self, running: Running, kept: int) -> dict[str, Any]:
        """What the training was, up to the last epoch's end."""
        trainable = self._resident.base.layers.trainable(running.plan.modules, running.trial.config.lora.rank)
        return running.trained(kept, self._share(), slots=self._engine.slots, trainable=trainable)

    def _measure_arm(self, trial: Trial) -> Event:
        """The untouched base, or an adapter that was trained before, asked the same questions in the same way."""
        try:
            started = provenance.now()
            self._board.phase(trial.name, "loading")
            folder.reopen(trial.folder, folder.record(trial))
            self._bring(trial)
            self._resident.ask_for_beliefs(trial, self._exam())
            with self._voice(trial) as model:
                sat = arm.sit(self._exam(), trial, self._resident.dataset(trial.config), model, self._resident.base.device)
            folder.write_predictions(trial.folder, [one.row(trial.config.seed, 0) for one in sat.graded])
            dev, test = self._with_beliefs(trial, sat.graded, sat.dev, sat.test)
            outcome = judged(State.COMPLETE, trial.config.search, dev, test, sat.cost, costs=bodies(sat.costs))
            self._write(trial, outcome, started)
            self._board.leave(trial.name)
            return Done(trial, outcome)
        except Exception as error:
            return self._failed(trial, error)

    @contextmanager
    def _voice(self, trial: Trial) -> Iterator[Any]:
        """The untouched base, or the base with the adapter that this arm names."""
        if trial.adapter is None:
            yield self._resident.base.model
            return
        self._engine.start(trial.name, self._resident.plan(trial.config, trial.checkpoints))
        try:
            self._engine.load(trial.name, trial.adapter)
            yield self._engine.adapted(trial.name)
        finally:
            self._engine.stop(trial.name)
            clear(trial)

    def _failed(self, trial: Trial, error: Exception, stop: bool = False) -> Failed:
        """Record a failure with its traceback; `stop` frees the slot of a trial that still has one."""
        again = Again.NEVER if isinstance(error, Diverged) else Again.LATER if isinstance(error, Fault) else Again.NOW
        told = "".join(traceback.format_exception(error))
        outcome = Outcome(State.FAILED, None, {}, {}, {}, error=told, again=again)
        running = self._running.get(trial.name)
        started = running.started if running else None
        if stop:
            self.stop(trial)
        self._write(trial, outcome, started)
        self._clear(trial)
        return Failed(trial, outcome)

    def _write(self, trial: Trial, outcome: Outcome, started: str | None) -> None:
        body = folder.result_body(trial, outcome, self._resident.provenance(trial.config, started))
        folder.write_result(trial.folder, body, folder.record(trial))

    def _clear(self, trial: Trial) -> None:
        if self._running.pop(trial.name, None) is not None:
            self._full = math.inf
        self._board.leave(trial.name)
        clear(trial)

    # ---- measuring ------------------------------------------------------------------------------------------------------

    def _measured(self, trial: Trial, levels: dict[str, dict[str, Any]], answers: Sequence[Graded]) -> tuple[Measurement, ...]:
        """A rung's figures; `objective` among them, the first of several, by which a trial is judged."""
        found = (*ladder.measurements(levels), *ladder.health(answers))
        values = Objective.of(trial.config.search).values(levels)
        if values is None:
            return found
        n = sum(int(figures["n"]) for figures in levels.values())
        return (*found, Measurement("objective", values[0], n, None, "higher"))

    def _with_beliefs(self, trial: Trial, answers: Sequence[Graded], *by_split: Levels) -> list[Levels]:
        """The levels of dev and test, L5 beside what the base believes by itself."""
        beliefs = self._resident.beliefs.of(trial)
        return priors.completed(self._resident.dataset(trial.config), answers, beliefs, *by_split)

    # ---- what trials share ----------------------------------------------------------------------------------------------

    def _bring(self, trial: Trial) -> Engine:
        assert not self._running or self._resident.serves(trial.config), "another base would replace one that a trial trains on"
        return self._resident.bring(trial.config)

    @property
    def _engine(self) -> Engine:
        """The engine that the running trials are in."""
        assert self._resident.engine is not None, "a trial runs in an engine"
        return self._resident.engine

    def _exam(self) -> Exam:
        base = self._resident.base
        return Exam(base.tokenizer, base.ends, self._board.phase, self._say)
