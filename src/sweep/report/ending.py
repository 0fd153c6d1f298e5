"""What is told of a study at its end, read from its folder: who won, what pruning saved, how far each run came to the ceiling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sweep.errors import ConfigFault
from sweep.report import winner
from sweep.report.propagation import CEILING, FLOOR, by_level
from sweep.track import folder
from sweep.track.ending import FAILED, FINISHED, KILLED, Ending, Winner
from sweep.trial import State

# swept, these change what the base would answer or be asked, while the floor and the ceiling are measured once
OTHER_BASE = ("model", "quantization", "data.path", "data.facts", "data.reasoning", "prompt", "evaluation", "training.precision")
SPLITS = {"levels": "", "test_levels": "test/"}  # key of a result -> how its figures begin in MLflow


def read(root: Path, best: int | None, *, whole: bool, completed: bool) -> Ending:
    """`best`: the number of the trial that is named best; `whole`: nothing is left to run; `completed`: a trial was, even where
    none is best."""
    ended = FINISHED if best is not None or completed else FAILED
    return Ending(
        ended if whole else KILLED,
        _saved(root),
        None if best is None else _best(root, best),
        None if best is None else _winner(root, best),
        {place: found for place, body in _measured(root) if (found := _propagation(root, body))},
    )


def _best(root: Path, number: int) -> dict[str, Any]:
    """Only its number where somebody took its folder away."""
    result = folder.read_result(root / f"{number:04d}") or {}
    return {"number": number, "objective": result.get("objective"), "params": result.get("params")}


def _winner(root: Path, number: int) -> Winner | None:
    """Its training; None where its adapter was taken away."""
    try:
        found = winner.of(root, number)
    except ConfigFault:
        return None
    return Winner(found.place.relative_to(root).as_posix(), found.title)


def _saved(root: Path) -> float:
    """Share of the planned optimizer steps that pruned trials were spared, of all trials that ended well or were pruned."""
    trained = [
        one["train"] for one in folder.results(root).values() if one["state"] != State.FAILED and "planned_steps" in one["train"]
    ]
    planned = sum(one["planned_steps"] for one in trained)
    return 1 - sum(one["steps"] for one in trained) / planned if planned else 0.0


def _measured(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Folder below the study's and record of everybody who was measured to the end, but for the floor and the ceiling."""
    for found, body in folder.all_ended(root):
        place = found.relative_to(root).as_posix()
        if body["state"] == State.COMPLETE and place not in (f"arms/{FLOOR}", f"arms/{CEILING}"):
            yield place, body


def _propagation(root: Path, body: Mapping[str, Any]) -> dict[str, float]:
    """By the names that MLflow has: `L1/propagation`, `test/L1/propagation`. Empty where the two arms were not measured, or not
    on this run's base."""
    floor, ceiling = (folder.read_result(root / "arms" / name, folder.ARM) or {} for name in (FLOOR, CEILING))
    both = floor.get("state") == ceiling.get("state") == State.COMPLETE
    # an arm's params say what stands in its prompt, which is what it is compared by
    if not both or (body["number"] is not None and any(key == "data" or key.startswith(OTHER_BASE) for key in body["params"])):
        return {}
    return {
        f"{prefix}{level}/propagation": value
        for split, prefix in SPLITS.items()
        for level, value in by_level(floor[split], body[split], ceiling[split]).items()
        if value is not None
    }
