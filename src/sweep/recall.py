"""What the folders know: how a trial ended in this study, whose process may have died since, or in another study."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from sweep.search.objective import judged
from sweep.search.study import Result
from sweep.track import folder
from sweep.trial import Again, Done, Outcome, State, Trial

COPIED = (folder.METRICS, folder.PREDICTIONS)


def ending(place: Path) -> Result | None:
    """How the trial of this folder ended; None where it did not."""
    found = folder.read_result(place)
    if found is None:
        return None
    told = outcome(found)
    return Result(told.state, told.values, told.constraints, final=told.again is Again.NEVER)


def outcome(result: Mapping[str, Any]) -> Outcome:
    """The body of a `result.json` as it was when the trial ended."""
    first, *further = folder.values(result) or (None,)
    return Outcome(
        State(result["state"]),
        first,
        result["levels"],
        result["test_levels"],
        result["train"],
        error=result.get("error"),
        again=Again(result.get("again", Again.LATER)),
        duplicate_of=result.get("duplicate_of"),
        further=tuple(value for value in further if value is not None),
        constraints=result.get("constraints", {}),
    )


def last_value(place: Path) -> float | None:
    """The objective at a trial's last rung."""
    values = [row["objective"] for row in folder.read_rows(place / folder.METRICS) if row.get("objective") is not None]
    return values[-1] if values else None


class Elsewhere:
    """Completed trials of the other studies in one folder."""

    def __init__(self, output_dir: Path, root: Path) -> None:
        self._output_dir = output_dir
        self._root = root

    def result(self, trial: Trial) -> Done | None:
        """Where the same experiment was completed before: its result, copied into this trial's folder, judged by this study's own
        objective. The copy says whose it is."""
        found = self._places.get(trial.trial_key)
        if found is None:
            return None
        body = folder.read_result(found)
        assert body is not None, f"{found} held a result when it was found"
        former = body.get("duplicate_of") or f"{found.parent.name}/{found.name}"
        told = judged(State.COMPLETE, trial.config.search, body["levels"], body["test_levels"], body["train"], former)
        trial.folder.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            if (found / name).is_file():
                shutil.copyfile(found / name, trial.folder / name)
        if (found / "adapter").is_dir():
            shutil.copytree(found / "adapter", trial.folder / "adapter", dirs_exist_ok=True)
        folder.write_result(trial.folder, folder.result_body(trial, told, body["provenance"]))
        return Done(trial, told)

    @cached_property
    def _places(self) -> dict[str, Path]:
        """Folders by trial key; looked up once, since a study does not see what others do meanwhile."""
        found: dict[str, Path] = {}
        for study in sorted(file.parent for file in self._output_dir.glob(f"*/{folder.STUDY}")):
            for name, body in folder.results(study).items() if study != self._root else ():
                if body["state"] == State.COMPLETE:
                    found.setdefault(body["trial_key"], study / name)
        return found
