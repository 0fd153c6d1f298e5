"""What a trial costs beside its training: a thousand trials of a synthetic objective through the Controller, SQLite and MLflow.

    python bench/overhead.py --trials 1000 --page docs/results/overhead.md

Time inside Optuna and MLflow is taken at the doors of `search/` and `track/mirror`; the rest of a trial is ours.
"""

from __future__ import annotations

import argparse
import dataclasses
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)
sys.path.insert(1, str(ROOT / "src"))

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
    import optuna
    from mlflow.tracking import MlflowClient
    from tests.composed import config

    from sweep.controller import Controller
    from sweep.search.samplers import plan
    from sweep.search.space import Choice, Space, Span
    from sweep.search.storage import default_storage
    from sweep.search.study import Proposal, Study
    from sweep.track import folder as folders
    from sweep.track.mirror import Mirror
    from sweep.trial import Done, Event, Measurement, Outcome, Rung, State, Trial

    clock = Clock()
    for name in ("ask", "tell", "enqueue_trial", "get_trials", "add_trials"):
        clock.wrap(optuna.Study, name, "Optuna")
    for name in ("report", "should_prune", "set_user_attr", "suggest_float", "suggest_categorical"):
        clock.wrap(optuna.trial.Trial, name, "Optuna")
    for name in (one for one in dir(MlflowClient) if not one.startswith("_")):
        clock.wrap(MlflowClient, name, "MLflow")
    base = config("model=tiny", "training.epochs=2")
    space = Space((Span("training.learning_rate", 1e-4, 1e-2, log=True), Choice("lora.rank", (4, 16, 64))))
    levels = {f"L{level}": {"n": 30, "n_facts": 10, "accuracy": 0.5, "stderr": 0.1, "strict": 0.5} for level in range(1, 6)}

    class Reckoner:
        """Trials that are over as soon as they begin."""

        def __init__(self) -> None:
            self._trials: list[Trial] = []

        @property
        def free(self) -> int:
            return 8 - len(self._trials)

        def start(self, trial: Trial, resume: Path | None = None) -> None:
            self._trials.append(trial)

        def stop(self, trial: Trial) -> None:
            self._trials.remove(trial)

        def prune(self, trial: Trial) -> Done:
            raise NotImplementedError

        def advance(self) -> list[Event]:
            trial = self._trials.pop(0)
            value = trial.config.training.learning_rate
            rungs: list[Event] = []
            for epoch in (1, 2):
                found = Measurement("objective", value, 30, None, "higher")
                folders.append_metrics(trial.folder, [{"step": epoch, "epoch": epoch, "objective": value}])
                rungs.append(Rung(trial, epoch, 2, ((epoch, 1.0),), (found,)))
            outcome = Outcome(State.COMPLETE, value, levels, {}, {"steps": 2})
            folders.write_result(trial.folder, folders.result_body(trial, outcome, {}))
            return [*rungs, Done(trial, outcome)]

    class Mirrored:
        """The MLflow mirror as a listener; the clock hears the ends of trials."""

        def opened(self, trial: Trial) -> None:
            mirror.open_trial(trial, 1000)

        def heard(self, event: Event) -> None:
            if isinstance(event, Rung):
                mirror.rung(event)
            else:
                mirror.close_trial(event.trial, event.outcome)
                clock.trial_ended()

    def build(proposal: Proposal) -> Trial:
        rate, rank = proposal.point["training.learning_rate"], proposal.point["lora.rank"]
        assert isinstance(rate, float)
        assert isinstance(rank, int)
        training, lora = dataclasses.replace(base.training, learning_rate=rate), dataclasses.replace(base.lora, rank=rank)
        one = dataclasses.replace(base, training=training, lora=lora)
        place = folder / f"{proposal.number:04d}"
        return Trial(one, place, f"key {proposal.number}", "key", number=proposal.number, params=dict(proposal.point))

    mirror = Mirror(f"sqlite:///{folder}/mlflow.db", "overhead", warn=print)
    from sweep.data import records

    mirror.open_study("overhead", folder, base, space.plain(), records.load("larkspur_en"))
    study = Study("overhead", default_storage(folder), space, plan(space, "random", trials), 0)
    begun = time.perf_counter()
    Controller(study, [Reckoner()], [], build, [Mirrored()]).run()
    return clock, begun


def _page(clock: Clock, begun: float, trials: int) -> Iterator[str]:
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    yield "# What a trial costs beside its training"
    yield ""
    yield f"Written by `bench/overhead.py`: {trials} trials of a synthetic objective, random sampler, two rungs each, on SQLite."
    machine = platform.processor() or platform.machine()
    yield f"Commit `{commit.stdout.strip()}`, {machine}, Python {platform.python_version()}."
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
