"""What a person sees while a study runs: on a terminal one view that is drawn again every second, elsewhere plain lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from sweep.report.frame import Frame
from sweep.report.names import swept
from sweep.report.standing import standings
from sweep.report.tally import Speed, Tally, whole_of
from sweep.search.objective import Objective
from sweep.track import folder
from sweep.trial import Done, Event, Failed, Outcome, Recalled, Retried, Rung, Snapshot, State, Trial

DRAWN = 1  # a second: a frame of 32 slots takes 12 ms on a slow CPU, in which Python launches nothing on a GPU
TOLD = 60.0  # seconds between plain lines on how far it is
_printing = threading.RLock()  # rich moves the cursor by what it drew last: a line between the two would leave a frame behind


class Serial(Console):
    """rich's, but one thread prints at a time. What a library writes comes here too while a view is drawn."""

    def __enter__(self) -> Serial:  # rich prints within this, so that what is written is written whole
        _printing.acquire()
        super().__enter__()
        return self

    def __exit__(self, *failure: Any) -> None:
        try:
            super().__exit__(*failure)
        finally:
            _printing.release()


console = Serial(highlight=False, soft_wrap=True, markup=False)  # no markup: `[q_proj]` is a name and no style
if not console.file.isatty():
    console.width = 120  # a file or a pipe has no width of its own


def _moves() -> bool:
    """It is a terminal whose cursor moves. FORCE_COLOR makes rich take a pipe for one."""
    return console.file.isatty() and console.is_terminal and not console.is_dumb_terminal


@contextmanager
def doing() -> Iterator[Callable[[str], None]]:
    """Hears what a command does now: on a terminal one line that is drawn again and gone at the end, elsewhere plain lines, the
    first one at once and others a minute after the last one."""
    told: float | None = None

    def tell(line: str) -> None:
        nonlocal told
        now = time.perf_counter()
        if told is None or now - told >= TOLD:
            told = now
            console.print(line)

    if _moves():
        with console.status("") as status:
            yield status.update
    else:
        yield tell


@dataclass
class _Line:
    """What is told of a trial when it ends."""

    title: str  # number and swept values
    seeds: int  # of the trial
    begun: float = field(default_factory=time.perf_counter)
    training: str = ""  # where it was at its last rung


class View:
    """Follows one study. A context manager: what is drawn is gone when it ends."""

    def __init__(self, root: Path, question: str | None, notes: Sequence[str], *, trials: int, arms: int) -> None:
        """`root`: the study's folder, whose record tells what is maximised, and which trials were completed before."""
        self._lines: dict[str, _Line] = {}
        self._titles: dict[str, str] = {}  # of all trials so far, by name
        self._looks: Sequence[Callable[[], Snapshot]] = ()
        self._looking, self._telling = threading.Lock(), threading.Lock()
        self._begun = time.perf_counter()
        self._told: float | None = None  # when a plain line said how far it is
        self._speed = Speed(self._begun)
        self._tally = _tally(root, trials)
        self._over = threading.Event()
        self._live = Live(get_renderable=self.frame, console=console, auto_refresh=False, transient=True) if _moves() else None
        self._beside = threading.Thread(target=self._tell_now_and_then, daemon=True)
        if question:
            self.say(f"Question: {question}")
        for note in notes:
            self.note(note)
        todo = (
            f"{trials} trial{'s' if trials != 1 else ''} to run"
            if trials
            else "every trial is finished; nothing is trained again"
        )
        first = " · first the untouched base" if arms == 1 else f" · first {arms} arms that train nothing"
        self.say(f"Study {root} · {todo}{first if arms else ''}")

    def __enter__(self) -> View:
        if self._live is not None:
            with _printing:  # before the lock of rich's own, as everybody takes them
                self._live.start()
        self._beside.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self._beside.join()
        if self._live is not None:
            with _printing:
                self._live.stop()

    def watch(self, looks: Sequence[Callable[[], Snapshot]]) -> None:
        """Where to look for what slots do: the `snapshot` of every Worker. Another thread calls them."""
        self._looks = looks

    def expect(self, trials: int) -> None:
        """There is more to run than was said."""
        self._tally.expect(trials)

    @staticmethod
    def say(line: str) -> None:
        """One line for the person, above what is drawn."""
        console.print(line)

    @staticmethod
    def note(line: str) -> None:
        """What a user should know before it begins."""
        View.say(f"Note: {line}")

    @staticmethod
    def warn(line: str) -> None:
        """One warning."""
        console.print(f"Warning: {line}", style="yellow")

    def frame(self) -> Frame:
        """How the study stands. Any thread may ask."""
        with self._looking:
            now, tally, found = time.perf_counter(), self._tally, [look() for look in self._looks]
            slots = [slot for one in found for slot in one.slots]
            left = tally.left(slots, now, max(1, len(found)))
            return Frame(
                tally.counts,
                slots,
                self._titles,
                done=tally.done(slots),
                speed=self._speed.at(now, sum(one.tokens for one in found)),
                left=f"{'-' if left is None else f'about {clock(left)}'} left",
                leader=tally.leader,
            )

    def opened(self, trial: Trial) -> None:
        """A trial goes into a slot."""
        title = f"{trial.name} {swept(trial.params)}".strip()
        seeds = len(trial.parts) or (self._lines[whole_of(trial)].seeds if trial.seed is not None else 1)
        self._lines[trial.name] = _Line(title, seeds)
        self._titles[trial.name] = title
        self._tally.opened(trial)

    def refused(self, number: int) -> None:
        """A proposal makes no configuration; a warning has told why."""
        self._tally.refused()

    def heard(self, event: Event) -> None:
        """An epoch or a trial ended."""
        self._tally.heard(event)
        if isinstance(event, Recalled):
            return  # an earlier process told of it
        trial, line = event.trial, self._lines[event.trial.name]
        match event:
            case Rung(epoch=epoch, epochs=epochs, losses=losses):
                line.training = f"epoch {epoch}/{epochs} loss {sum(loss for _, loss in losses) / len(losses):.3f}"
                self._tell_how_far(at_first=True)
            case Retried(outcome=outcome, attempt=attempt):
                told = f"failed: {_cause(outcome)}; attempt {attempt} follows (traceback in {trial.folder}/error.txt)"
                self.warn(f"{line.title} {told}")
            case Done(outcome=outcome) if outcome.state is State.PRUNED:
                at = f"stopped at {line.training}" if not trial.parts else "stopped with all its seeds"
                self.say(f"{self._place(trial)} {line.title}: {at}, by the pruner")
            case Done(outcome=outcome) if outcome.duplicate_of is not None:
                told = f"dev {_accuracies(outcome.levels)} · trained before, as {outcome.duplicate_of}"
                self.say(f"{self._place(trial)} {line.title}: {told}")
            case Done(outcome=outcome):
                took = clock(time.perf_counter() - line.begun)
                of = f", mean of {line.seeds} seeds" if trial.parts else ""
                found = f"dev {_accuracies(outcome.levels)}" if outcome.levels else f"test {_accuracies(outcome.test_levels)}"
                self.say(f"{self._place(trial)} {line.title}: {found}{of} · {took}")
            case Failed(outcome=outcome):
                self.warn(f"{self._place(trial)} {line.title} failed: {_cause(outcome)} (traceback in {trial.folder})")

    def _place(self, trial: Trial) -> str:
        if trial.arm is not None or trial.seed is not None:
            return "[arm]" if trial.arm is not None else "[seed]"
        return f"[{self._tally.counts.over}/{self._tally.counts.total}]"

    def _tell_now_and_then(self) -> None:
        """Draw, or where nothing is drawn tell how far it is, also in an epoch that takes long."""
        while not self._over.wait(1 / DRAWN):
            if self._live is None:
                self._tell_how_far()
                continue
            with _printing:
                self._live.refresh()

    def _tell_how_far(self, *, at_first: bool = False) -> None:
        """A plain line, a minute after the last one; `at_first`: at once, where it is the first one."""
        now = time.perf_counter()
        with self._telling:
            early = now - (self._begun if self._told is None else self._told) < TOLD
            if self._live is not None or (early and not (at_first and self._told is None)):
                return
            self._told = now
        self.say(f"  {self.frame().line()}")


def _tally(root: Path, trials: int) -> Tally:
    """What is counted of a study, with the trials that were completed before."""
    objective = Objective.recorded(folder.read_result(root, folder.STUDY) or {})
    tally, bodies = Tally(trials, objective), {body["number"]: body for body in folder.results(root).values()}
    for one in standings(root, objective):
        tally.know(one, bodies[one.number]["levels"], bodies[one.number]["params"])
    return tally


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
