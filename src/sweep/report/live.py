"""What a person sees while a study runs: a bar for the trials, one for the trial in the slot; plain lines without a terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from sweep.report.names import swept
from sweep.trial import Done, Event, Failed, Outcome, Retried, Rung, State, Trial

console = Console(highlight=False, soft_wrap=True, markup=False)  # no markup: `[q_proj]` is a name and no style
if not console.is_terminal:
    console.width = 120  # a file or a pipe has no width of its own


@dataclass
class _Line:
    """What is known of a trial that has a slot."""

    title: str  # number and swept values
    epochs: int
    bar: TaskID | None  # None: its seeds have theirs
    seeds: int = 1  # of the trial, also in the line of one of them
    begun: float = field(default_factory=time.perf_counter)
    share: float = 0.0  # of its optimizer steps
    training: str = ""


class View:
    """Follows one study. A context manager: the bars are gone when it ends."""

    def __init__(self, root: Path, question: str | None, notes: Sequence[str], *, trials: int, arms: int) -> None:
        self._total = trials
        self._ended = 0
        self._begun = time.perf_counter()
        self._running: dict[str, _Line] = {}
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[words]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._all: TaskID = self._bars.add_task("trials", total=trials, words="")
        if question:
            self.say(f"Question: {question}")
        for note in notes:
            self.say(f"Note: {note}")
        todo = (
            f"{trials} trial{'s' if trials != 1 else ''} to run"
            if trials
            else "every trial is finished; nothing is trained again"
        )
        first = " · first the untouched base" if arms == 1 else f" · first {arms} arms that train nothing"
        self.say(f"Study {root} · {todo}{first if arms else ''}")

    def __enter__(self) -> View:
        self._bars.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._bars.stop()

    def expect(self, trials: int) -> None:
        """There is more to run than was said."""
        self._total += trials
        self._bars.update(self._all, total=self._total)

    @staticmethod
    def say(line: str) -> None:
        """One line for the person, above the bars."""
        console.print(line)

    @staticmethod
    def warn(line: str) -> None:
        """One warning."""
        console.print(f"Warning: {line}", style="yellow")

    def opened(self, trial: Trial) -> None:
        """A trial goes into a slot."""
        title = f"{trial.name} {swept(trial.params)}".strip()
        bar = None if trial.parts else self._bars.add_task(title, total=1.0, words="")
        seeds = len(trial.parts) or (self._whole(trial).seeds if trial.seed is not None else 1)
        self._running[trial.name] = _Line(title, trial.config.training.epochs, bar, seeds)
        self._refresh()

    def phase(self, name: str, doing: str) -> None:
        """What a trial does now, when it does not train."""
        if (line := self._running.get(name)) is not None and line.bar is not None:
            words = f"{line.training} {doing}".strip() if doing != "training" else line.training
            self._bars.update(line.bar, words=words)

    def step(self, name: str, step: int, steps: int, loss: float) -> None:
        """An optimizer step was made."""
        if (line := self._running.get(name)) is not None and line.bar is not None:
            line.share = step / steps
            line.training = f"epoch {-(-step * line.epochs // steps)}/{line.epochs} step {step}/{steps} loss {loss:.3f}"
            self._bars.update(line.bar, completed=line.share, words=line.training)
            self._refresh()

    def heard(self, event: Event) -> None:
        """An epoch or a trial ended."""
        line = self._running[event.trial.name]
        match event:
            case Rung(trial=trial) if trial.parts:
                """Its seeds were told of one by one."""
            case Rung(epoch=epoch, epochs=epochs, losses=losses):
                loss = sum(loss for _, loss in losses) / len(losses)
                line.training = f"epoch {epoch}/{epochs} loss {loss:.3f}"
                if not console.is_terminal:
                    self.say(f"  {line.title}: {line.training}{_levels_of(event)} · {self._left()}")
            case Retried(trial=trial, outcome=outcome, attempt=attempt):
                self._close(trial)
                self.warn(
                    f"{line.title} failed: {_cause(outcome)}; attempt {attempt} follows (traceback in {trial.folder}/error.txt)"
                )
            case Done(trial=trial, outcome=outcome) if outcome.state is State.PRUNED:
                self._count(trial)
                at = f"stopped at {line.training}" if line.training else "stopped with all its seeds"
                self.say(f"{self._place(trial)} {line.title}: {at}, by the pruner")
            case Done(trial=trial, outcome=outcome) if outcome.duplicate_of is not None:
                self._count(trial)
                told = f"dev {_accuracies(outcome.levels)} · trained before, as {outcome.duplicate_of}"
                self.say(f"{self._place(trial)} {line.title}: {told}")
            case Done(trial=trial, outcome=outcome):
                self._count(trial)
                took = clock(time.perf_counter() - line.begun)
                of = f", mean of {line.seeds} seeds" if trial.parts else ""
                found = f"dev {_accuracies(outcome.levels)}" if outcome.levels else f"test {_accuracies(outcome.test_levels)}"
                self.say(f"{self._place(trial)} {line.title}: {found}{of} · {took}")
            case Failed(trial=trial, outcome=outcome):
                self._count(trial)
                self.warn(f"{self._place(trial)} {line.title} failed: {_cause(outcome)} (traceback in {trial.folder})")

    def _count(self, trial: Trial) -> None:
        self._ended += trial.arm is None and trial.seed is None
        if trial.seed is not None:
            self._whole(trial).share += 1 / self._whole(trial).seeds
        for one in (trial, *trial.parts):  # a seed whose trial ended before it is gone without a word
            self._close(one)
        self._refresh()

    def _close(self, trial: Trial) -> None:
        line = self._running.pop(trial.name, None)
        if line is not None and line.bar is not None:
            self._bars.remove_task(line.bar)

    def _whole(self, seed: Trial) -> _Line:
        """The line of the trial that this is a seed of."""
        return self._running[seed.name.rpartition("/")[0]]

    def _place(self, trial: Trial) -> str:
        if trial.arm is not None or trial.seed is not None:
            return "[arm]" if trial.arm is not None else "[seed]"
        return f"[{self._ended}/{self._total}]"

    def _refresh(self) -> None:
        words = f"{self._ended}/{self._total} done · {self._left()}"
        self._bars.update(self._all, completed=self._trained(), words=words)

    def _trained(self) -> float:
        """Trials' worth of training done."""
        return self._ended + sum(line.share / (line.seeds if line.bar is not None else 1) for line in self._running.values())

    def _left(self) -> str:
        """Time left, as if every trial took as long as the average so far."""
        share = self._trained() / max(self._total, 1)
        if share == 0:
            return "time left unknown"
        return f"{clock((time.perf_counter() - self._begun) * (1 - share) / share)} left"


def _cause(outcome: Outcome) -> str:
    return "".join((outcome.error or "").strip().splitlines()[-1:])


def clock(seconds: float) -> str:
    """A duration for people: 42 s, 3 min 05 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60:02d} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _accuracies(levels: Mapping[str, Mapping[str, Any]]) -> str:
    return " ".join(f"{level} {figures['accuracy']:.2f}" for level, figures in levels.items())


def _levels_of(rung: Rung) -> str:
    found = [f"{one.name.removesuffix('/acc')} {one.value:.2f}" for one in rung.measurements if one.name.endswith("/acc")]
    return f" · {' '.join(found)}" if found else ""
