"""A study's folder as those heard it who followed the study: every trial, seed and arm that began, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sweep.config import read_plain
from sweep.track import folder, runs
from sweep.track.writer import Key
from sweep.trial import Outcome, Trial


@dataclass(frozen=True)
class Recorded:
    """One of them."""

    trial: Trial
    trainable: int | None  # numbers that it trains; None where its record, an older version's, does not say
    outcome: Outcome | None  # None: it did not end
    started: int | None  # ms since 1970
    ended: int | None


def everything(root: Path) -> Iterator[Recorded]:
    """All that a study began: arms, then trials by number with their seeds behind each, then its confirmation.

    Raises: ConfigFault for a configuration that this version cannot read.
    """
    searched, confirmed = sorted(root.glob("arms/*/")), sorted(root.glob(f"{folder.CONFIRM}/*/"))
    for place in (*searched, *folder.trials(root), *confirmed):
        found = at(root, place)
        if found is None:
            continue
        seeds = [one for one in (at(root, part) for part in folder.parts(place)) if one is not None]
        yield _around(found, seeds)
        yield from seeds
        for part in folder.parts(place):
            reading = at(root, part / "test")
            if reading is not None:
                yield reading


def at(root: Path, place: Path) -> Recorded | None:
    """Who has this folder; None where no configuration is recorded, or only a part of it, or nobody can say whose it was."""
    config, overrides, ending, about = folder.read_config(place), folder.read_overrides(place), folder.ended(place), _about(place)
    if config is None or overrides is None or not about.get("trial_key"):
        return None
    kind, name = named(root, place)
    seed = int(place.name[1:]) if kind == "seed" else None
    stage = name.partition("/")[0] if "/" in name and not name[0].isdigit() else None
    trial = Trial(
        read_plain(config),
        place,
        about["trial_key"],
        about["config_key"],
        number=None if kind == "arm" else about["number"],
        arm=name if kind == "arm" else None,
        params=about["params"],
        overrides=overrides,
        seed=seed,
        stage=None if kind == "arm" else stage,
    )
    outcome = folder.outcome(ending) if ending else None
    trainable = about.get("trainable", about.get("train", {}).get("trainable"))
    times = (ending or {}).get("provenance", {})
    return Recorded(trial, trainable, outcome, _milliseconds(times.get("started")), _milliseconds(times.get("ended")))


def named(root: Path, place: Path) -> tuple[str, str]:
    """Kind and name, as MLflow has them, of what lies in this folder of a study."""
    name = place.relative_to(root).as_posix().removeprefix("arms/")
    return runs.kind(name), name


def place_of(root: Path, kind: str, name: str) -> Path:
    """The folder of a run's trial, seed or arm."""
    return root / "arms" / name if kind == "arm" and "/" not in name else root / name


def key(root: Path, place: Path) -> Key | None:
    """The key of the run of what lies in this folder; None where nothing does."""
    about = _about(place)
    return (*named(root, place), about["trial_key"]) if about.get("trial_key") else None


def judged(root: Path) -> dict[Key, list[runs.Point]]:
    """What was graded a second time, by run."""
    found = {}
    for file in sorted(root.rglob(folder.JUDGE)):
        whose, body = key(root, file.parent), folder.read_result(file.parent, folder.JUDGE)
        if whose is not None and body is not None:
            found[whose] = runs.judge_points(body)
    return found


def _around(found: Recorded, seeds: list[Recorded]) -> Recorded:
    """A trial of several seeds: these are its parts, and it lasted from the first one's beginning to the last one's end."""
    if not seeds:
        return found
    begun = [one.started for one in seeds if one.started is not None]
    over = [one.ended for one in seeds if one.ended is not None]
    trial = replace(found.trial, parts=tuple(one.trial for one in seeds))
    return replace(found, trial=trial, started=min(begun, default=None), ended=max(over, default=None))


def _about(place: Path) -> dict[str, Any]:
    """Whose folder it is: what was written down at the beginning, and what at the end, as far as that says more than null."""
    ended = {name: value for name, value in (folder.ended(place) or {}).items() if value is not None}
    return (folder.read_result(place, folder.TRIAL) or {}) | ended


def _milliseconds(time: str | None) -> int | None:
    return None if time is None else int(datetime.fromisoformat(time).timestamp() * 1000)
