"""What a person sees while a study runs: a bar for the trials, one for the trial in the slot; plain lines without a terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from sweep.trial import Done, Event, Failed, Rung, Trial

console = Console(highlight=False, soft_wrap=True, markup=False)  # no markup: `[q_proj]` is a name and no style
if not console.is_terminal:
    console.width = 120  # a file or a pipe has no width of its own


class View:
    """Follows one study. A context manager: the bars are gone when it ends."""

    def __init__(self, root: Path, question: str | None, notes: Sequence[str], *, trials: int, arms: int) -> None:
        self._total = trials
        self._ended = 0
        self._share = 0.0  # of the running trial, from 0 to 1
        self._begun = time.perf_counter()
        self._trial_begun = self._begun
        self._current = ""
        self._training = ""
        self._epochs = 1
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[words]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._all: TaskID = self._bars.add_task("trials", total=trials, words="")
        self._one: TaskID = self._bars.add_task("", total=1.0, words="")
        if question:
            self.say(f"Question: {question}")
        for note in notes:
            self.say(f"Note: {note}")
        todo = (
            f"{trials} trial{'s' if trials != 1 else ''} to run"
            if trials
            else "every trial is finished; nothing is trained again"
        )
        self.say(f"Study {root} · {todo}{' · first the untouched base' if arms else ''}")

    def __enter__(self) -> View:
        self._bars.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._bars.stop()

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
        self._current = f"{trial.name} {_params(trial.params)}".strip()
        self._epochs, self._training = trial.config.training.epochs, ""
        self._share, self._trial_begun = 0.0, time.perf_counter()
        self._bars.update(self._one, description=self._current, completed=0.0, words="")
        self._refresh()

    def phase(self, name: str, doing: str) -> None:
        """What a trial does now, when it does not train."""
        self._bars.update(self._one, words=f"{self._training} {doing}".strip() if doing != "training" else self._training)

    def step(self, name: str, step: int, steps: int, loss: float) -> None:
        """An optimizer step was made."""
        self._share = step / steps
        self._training = f"epoch {-(-step * self._epochs // steps)}/{self._epochs} step {step}/{steps} loss {loss:.3f}"
        self._bars.update(self._one, completed=self._share, words=self._training)
        self._refresh()

    def heard(self, event: Event) -> None:
        """An epoch or a trial ended."""
        match event:
            case Rung(epoch=epoch, epochs=epochs, losses=losses):
                loss = sum(loss for _, loss in losses) / len(losses)
                self._training = f"epoch {epoch}/{epochs} loss {loss:.3f}"
                if not console.is_terminal:
                    self.say(f"  {self._current}: {self._training}{_levels_of(event)} · {self._left()}")
            case Done(trial=trial, outcome=outcome):
                self._count(trial)
                took = clock(time.perf_counter() - self._trial_begun)
                self.say(f"{self._place(trial)} {self._current}: dev {_accuracies(outcome.levels)} · {took}")
            case Failed(trial=trial, outcome=outcome):
                self._count(trial)
                last = (outcome.error or "").strip().splitlines()[-1:]
                self.warn(f"{self._place(trial)} {self._current} failed: {''.join(last)} (traceback in {trial.folder})")

    def _count(self, trial: Trial) -> None:
        self._ended += trial.arm is None
        self._share = 0.0
        self._refresh()

    def _place(self, trial: Trial) -> str:
        return "[arm]" if trial.arm is not None else f"[{self._ended}/{self._total}]"

    def _refresh(self) -> None:
        words = f"{self._ended}/{self._total} done · {self._left()}"
        self._bars.update(self._all, completed=self._ended + self._share, words=words)

    def _left(self) -> str:
        """Time left, as if every trial took as long as the average so far."""
        share = (self._ended + self._share) / max(self._total, 1)
        if share == 0:
            return "time left unknown"
        return f"{clock((time.perf_counter() - self._begun) * (1 - share) / share)} left"


def clock(seconds: float) -> str:
    """A duration for people: 42 s, 3 min 05 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60:02d} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _params(params: Mapping[str, Any]) -> str:
    return " ".join(f"{key.rpartition('.')[2]}={value}" for key, value in params.items())


def _accuracies(levels: Mapping[str, Mapping[str, Any]]) -> str:
    return " ".join(f"{level} {figures['accuracy']:.2f}" for level, figures in levels.items())


def _levels_of(rung: Rung) -> str:
    found = [f"{one.name.removesuffix('/acc')} {one.value:.2f}" for one in rung.measurements if one.name.endswith("/acc")]
    return f" · {' '.join(found)}" if found else ""
