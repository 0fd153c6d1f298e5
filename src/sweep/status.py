"""`python -m sweep.status STUDY`: how far a study is, from another terminal. Reads its folder only.

STUDY is a study's folder, or its name or the beginning of it under multirun/; without one, the study that was begun last.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.errors import exit_code
from sweep.report.confirmed import STAGE, outstanding
from sweep.report.live import clock, console
from sweep.report.names import swept
from sweep.report.standing import standings
from sweep.report.unasked import unasked
from sweep.report.verdict import UNNAMED, unreached
from sweep.search import choice
from sweep.search.choice import Standing
from sweep.search.objective import Objective
from sweep.track import folder
from sweep.track.lock import held
from sweep.track.named import find
from sweep.track.recorded import named
from sweep.trial import State

LAST = ", or a little before: from its last checkpoint"


@dataclass(frozen=True)
class Status:
    """What a study's folder tells."""

    root: Path
    total: int
    results: list[dict[str, Any]]  # of trials that ended
    objective: Objective | None  # None: an older version's record
    standings: list[Standing]  # of those that are complete
    epochs: dict[str, tuple[int, int]]  # folder of a trial or finalist that did not end -> (epochs done, of how many)
    seeds: dict[str, tuple[int, int]]  # of those of them that have several -> (seeds ended, of how many)
    arms: tuple[str, ...]  # begun and not ended, in that order: the first one is asked, the others wait for it
    unasked: tuple[str, ...]  # arms that the study wants and that have not ended, begun or not
    alive: bool  # a process runs the study
    seconds: float  # since that process began
    ended_since: int  # trials that ended since then
    confirming: bool  # finalists have yet to be trained, or test to be read

    @property
    def counts(self) -> Counter[str]:
        """How many trials ended in which state."""
        return Counter(result["state"] for result in self.results)

    @property
    def searched(self) -> bool:
        """The search is over: no trial is left to run."""
        return self.counts[State.COMPLETE] + self.counts[State.PRUNED] >= self.total

    @property
    def over(self) -> bool:
        """Nothing is left to do."""
        return self.searched and not (self.confirming or self.arms or self.unasked)

    @property
    def left(self) -> float | None:
        """Seconds until the search's end, at the pace since the process began; None where nothing tells, as once it is over."""
        if any(name.startswith(f"{STAGE}/") for name in self.epochs):
            return None
        begun = sum(done / epochs for done, epochs in self.epochs.values())
        trained = self.ended_since + begun
        rest = self.total - self.counts[State.COMPLETE] - self.counts[State.PRUNED] - begun
        return rest * self.seconds / trained if self.alive and rest > 0 and trained > 0 and not self.arms else None

    @property
    def best(self) -> dict[str, Any] | None:
        """The completed trial that would be named best now; None where none would be."""
        best = choice.best(self.standings)
        return None if best is None else next(one for one in self.results if one["number"] == best.number)

    @property
    def unreached(self) -> str | None:
        """That every trial misses a constraint."""
        return unreached(self.objective, self.standings)


def main(argv: Sequence[str] | None = None) -> int:
    """Print a study's status; the exit code: 0, or 2 where there is no such study."""
    parser = argparse.ArgumentParser(prog="python -m sweep.status", description="How far a study is.")
    parser.add_argument("study", nargs="?", help="its folder, its name, or the beginning of it; default: the last one begun")
    parser.add_argument("--output-dir", default="multirun", help="where studies are looked for by name")
    args = parser.parse_args(argv)
    return exit_code(lambda: show(read(find(args.study, Path(args.output_dir)))))


def read(root: Path) -> Status:
    """Look at every trial's folder."""
    about = json.loads((root / folder.STUDY).read_text(encoding="utf-8"))
    begun = (root / folder.STUDY).stat().st_mtime
    ended = folder.results(root)
    since = sum((root / name / folder.RESULT).stat().st_mtime >= begun for name in ended)
    objective = Objective.recorded(about)
    found = standings(root, objective)
    waits, seconds = outstanding(root, about), time.time() - begun
    arms = _arms(root, about, confirming=waits)
    left, alive, going = unasked(root, about), held(root), _going(root)
    epochs = {name: _epochs(place) for name, place in going.items()}
    seeds = {name: told for name, place in going.items() if (told := _seeds(place)) is not None}
    return Status(
        root, about["n_trials"], [*ended.values()], objective, found, epochs, seeds, arms, left, alive, seconds, since, waits
    )


def show(status: Status) -> None:
    """Print it, for people."""
    states = " · ".join(f"{count} {name.lower()}" for name, count in sorted(status.counts.items()))
    console.print(f"{status.root}: {len(status.results)} of {status.total} trials ended{f' ({states})' if states else ''}")
    for name, (done, of) in status.epochs.items():
        over, seeds = status.seeds.get(name, (0, 0))
        far = f"{f'{over} of {seeds} seeds ended · ' if seeds else ''}epoch {done}/{of}"
        console.print(f"  {name} {'runs' if status.alive else 'waits to go on'}: {far}{'' if status.alive else LAST}")
    for at, name in enumerate(status.arms):
        console.print(f"  arm {name} {_asked(at) if status.alive else 'waits to go on: from its first question'}")
    best = status.best
    if best is not None:
        levels = " ".join(f"{level} {figures['accuracy']:.2f}" for level, figures in best["levels"].items())
        console.print(
            f"Best {'of the search' if status.searched else 'so far'}: {best['number']:04d} {swept(best['params'])}: "
            f"objective {best['objective']:.3f} on dev ({levels})"
        )
    if status.unreached is not None:
        console.print(f"{status.unreached}{'' if status.searched else ' so far'}{UNNAMED}.")
    if status.searched and status.confirming:
        console.print("The search is over; its confirmation (search.confirm) is not.")
    if status.searched and (left := [name for name in status.unasked if name not in status.arms]):
        console.print(f"Arms that are yet to be asked: {', '.join(left)}.")
    if not status.alive:
        goes_on = "No process runs it; the command that began it goes on from here."
        console.print("The study is finished." if status.over else goes_on)
    elif status.left is not None:
        console.print(f"About {clock(status.left)} left.")


def _going(root: Path) -> dict[str, Path]:
    """Trials and finalists that have begun and not ended."""
    begun = [place for place in (*folder.trials(root), *folder.trials(root / STAGE)) if folder.read_result(place) is None]
    return {place.relative_to(root).as_posix(): place for place in begun}


def _epochs(place: Path) -> tuple[int, int]:
    rows = folder.read_rows(place / folder.METRICS)
    config = folder.read_config(place)
    return max((row["epoch"] for row in rows), default=0), config["training"]["epochs"] if config else 1


def _seeds(place: Path) -> tuple[int, int] | None:
    """How many of its seeds ended, of how many; None where it has only one."""
    wanted = (folder.read_config(place) or {}).get("search", {}).get("seeds")
    over = [seed for seed in wanted or () if folder.read_result(place / f"s{seed}", folder.SEED) is not None]
    return (len(over), len(wanted)) if wanted else None


def _arms(root: Path, about: Mapping[str, Any], *, confirming: bool) -> tuple[str, ...]:
    """Arms that the study wants, and readings of test, that have begun and not ended, in the order in which they began."""
    places = [f"arms/{name}" for name in about["config"].get("evaluation", {}).get("arms", ())]
    places += [f"{STAGE}/base", f"{STAGE}/*/s*/test"] if confirming else []
    begun = [file for place in places for file in root.glob(f"{place}/{folder.TRIAL}")]
    left = [file for file in begun if not (file.parent / folder.ARM).is_file()]
    return tuple(named(root, file.parent)[1] for file in sorted(left, key=lambda file: file.stat().st_mtime_ns))


def _asked(at: int) -> str:
    """What an arm does; its place among those that have begun tells: one is asked at a time."""
    return "waits for the one before it" if at else "runs: its questions are asked"


if __name__ == "__main__":
    sys.exit(main())
