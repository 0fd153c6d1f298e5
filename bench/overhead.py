"""What a trial costs beside its training: a thousand trials of a synthetic objective through the Controller, SQLite and MLflow.

    python -m bench.overhead --trials 1000 --page docs/results/overhead.md

Time inside Optuna and MLflow is taken at the doors of `search/` and `track/mirror`; the rest of a trial is ours.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import optuna
from bench.reckoner import Reckoner
from bench.run import commit
from mlflow.tracking import MlflowClient
from tests.composed import config

from sweep.config import Config, plain
from sweep.controller import Controller
from sweep.search.samplers import plan
from sweep.search.space import Choice, Space, Span
from sweep.search.storage import default_storage
from sweep.search.study import Proposal, Study
from sweep.track import folder as folders
from sweep.track.mirror import Mirror
from sweep.trial import Done, Event, Measurement, Outcome, Rung, State, Trial

SPACE = Space((Span("training.learning_rate", 1e-4, 1e-2, log=True), Choice("lora.rank", (4, 16, 64))))
QUESTIONS = 30
LEVELS: dict[str, dict[str, Any]] = {
    f"L{level}": {"n": QUESTIONS, "n_facts": 10, "accuracy": 0.5, "stderr": 0.1, "strict": 0.5} for level in range(1, 6)
}
SHARES = ("Optuna", "MLflow", "ours")
WINDOW = 100  # trials


class Clock:
    """Seconds inside each library, by trial."""

    def __init__(self) -> None:
        self.inside: dict[str, float] = defaultdict(float)
        self.ends: list[tuple[float, dict[str, float]]] = []
        self._depth = 0

    @contextmanager
    def within(self, library: str) -> Iterator[None]:
        """Time spent here is that library's; a call inside a call is counted once."""
        self._depth += 1
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self.inside[library] += time.perf_counter() - begun

    def wrap(self, owner: Any, name: str, library: str) -> None:
        """Count every call of this method."""
        whole: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **settings: Any) -> Any:
            with self.within(library):
                return whole(*args, **settings)

        setattr(owner, name, timed)

    def trial_ended(self) -> None:
        """Note where the clocks stand."""
        self.ends.append((time.perf_counter(), dict(self.inside)))


def main() -> int:
    """Measure and print, or write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--page", type=Path, default=None)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clock, begun = _run(Path(folder), args.trials)
    text = "\n".join(_page(clock, begun, args.trials)) + "\n"
    print(text)
    if args.page is not None:
        args.page.write_text(text, encoding="utf-8")
    return 0


def _run(folder: Path, trials: int) -> tuple[Clock, float]:
    """The clocks, and when the study began."""
    clock = Clock()
    for name in ("ask", "tell", "enqueue_trial", "get_trials", "add_trials"):
        clock.wrap(optuna.Study, name, "Optuna")
    for name in ("report", "should_prune", "set_user_attr", "suggest_float", "suggest_categorical"):
        clock.wrap(optuna.trial.Trial, name, "Optuna")
    for name in (one for one in dir(MlflowClient) if not one.startswith("_")):
        clock.wrap(MlflowClient, name, "MLflow")
    base = config("model=tiny", "training.epochs=2")
    mirror = Mirror(f"sqlite:///{folder}/mlflow.db", "overhead", warn=print)
    mirror.open_study(folder / "overhead", {"space": SPACE.plain(), "config": plain(base)})
    study = Study("overhead", default_storage(folder), SPACE, plan(SPACE, "random", trials), 0)
    begun = time.perf_counter()
    Controller(study, [Reckoner(1, _epoch, _end)], [], _to_trial(base, folder), [Followed(mirror, clock)]).run()
    return clock, begun


def _to_trial(base: Config, folder: Path) -> Callable[[Proposal], Trial]:
    def build(proposal: Proposal) -> Trial:
        rate: Any = proposal.point["training.learning_rate"]
        rank: Any = proposal.point["lora.rank"]
        training, lora = replace(base.training, learning_rate=rate), replace(base.lora, rank=rank)
        one, place = replace(base, training=training, lora=lora), folder / f"{proposal.number:04d}"
        return Trial(one, place, f"key {proposal.number}", "key", number=proposal.number, params=dict(proposal.point))

    return build


def _epoch(trial: Trial, epoch: int) -> Rung:
    """What a real Worker writes and tells of a rung."""
    value = trial.config.training.learning_rate
    folders.append_metrics(trial.folder, [{"step": epoch, "epoch": epoch, "objective": value}])
    found = Measurement("objective", value, QUESTIONS, None, "higher")
    return Rung(trial, epoch, trial.config.training.epochs, ((epoch, 1.0),), (found,))


def _end(trial: Trial, state: State, epochs: int) -> Done:
    outcome = Outcome(state, trial.config.training.learning_rate, LEVELS, {}, {"steps": epochs})
    folders.write_result(trial.folder, folders.result_body(trial, outcome, {}))
    return Done(trial, outcome)


class Followed:
    """The MLflow mirror as a listener; the clock hears the ends of trials."""

    def __init__(self, mirror: Mirror, clock: Clock) -> None:
        self._mirror = mirror
        self._clock = clock

    def opened(self, trial: Trial) -> None:
        """A trial begins."""
        self._mirror.open_trial(trial, 1000)

    def refused(self, number: int) -> None:
        """Every point makes a configuration here."""

    def heard(self, event: Event) -> None:
        """A rung, or the end."""
        if isinstance(event, Rung):
            self._mirror.rung(event)
        else:
            self._mirror.close_trial(event.trial, event.outcome)
            self._clock.trial_ended()


def _page(clock: Clock, begun: float, trials: int) -> Iterator[str]:
    yield "# What a trial costs beside its training"
    yield ""
    yield f"Written by `python -m bench.overhead`: {trials} trials of a synthetic objective, random sampler, two rungs, SQLite."
    machine = platform.processor() or platform.machine()
    yield f"Commit `{commit()}`, {machine}, Python {platform.python_version()}."
    yield "Medians of the trials of a window, in ms."
    yield ""
    yield "| trials | Optuna | MLflow | ours | all |"
    yield "|---|---|---|---|---|"
    spans = _spans(clock, begun)
    for start in sorted({0, *range(0, trials, max(WINDOW, trials // 5)), max(trials - WINDOW, 0)}):
        window = spans[start : start + WINDOW]
        if window:
            parts = [1e3 * median(one[name] for one in window) for name in (*SHARES, "all")]
            yield f"| {start + 1} to {start + len(window)} | {' | '.join(f'{part:.1f}' for part in parts)} |"


def _spans(clock: Clock, begun: float) -> Sequence[dict[str, float]]:
    """Seconds of each trial by whose they are."""
    found, last, before = [], begun, dict[str, float]()
    for at, inside in clock.ends:
        one = {name: inside.get(name, 0.0) - before.get(name, 0.0) for name in SHARES[:2]}
        found.append({**one, "ours": at - last - sum(one.values()), "all": at - last})
        last, before = at, inside
    return found


if __name__ == "__main__":
    sys.exit(main())
