"""How a study's trials stand, read from its folder: with several seeds, as the mean of their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sweep.search import choice
from sweep.search.choice import Standing
from sweep.search.objective import Objective
from sweep.track import folder
from sweep.trial import State

Body = Mapping[str, Any]  # of a result.json or seed.json


def runs(place: Path, result: Body) -> list[Body]:
    """What a trial's folder records: its seeds' runs, or its own result where it has no more than one."""
    return [one for one in folder.seeds(place) if one["params"]["seed"] in result.get("seeds", [])] or [result]


def placed(place: Path, result: Body) -> list[tuple[Path, Body]]:
    """The same with the folder of each."""
    found = runs(place, result)
    return [(place if one is result else place / f"s{one['params']['seed']}", one) for one in found]


def standing(bodies: Sequence[Body], objective: Objective | None) -> Standing | None:
    """Of one configuration's runs; None where no run's objectives were measured."""
    if objective is None:
        return None
    found = [choice.standing(body["number"], body["levels"], objective) for body in bodies]
    known = [one for one in found if one is not None]
    return choice.mean(known) if known else None


def standings(root: Path, objective: Objective | None) -> list[Standing]:
    """Those of the completed trials below this folder, each under its number."""
    complete = {name: body for name, body in folder.results(root).items() if body["state"] == State.COMPLETE}
    found = [standing(runs(root / name, body), objective) for name, body in complete.items()]
    return [one for one in found if one is not None]
