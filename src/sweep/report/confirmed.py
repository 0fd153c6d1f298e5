"""What the confirmation of a study found: finalists with fresh seeds on dev, and test for the one chosen and the contrasts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.report import costs
from sweep.report.rows import Row, called, figures, of_split
from sweep.report.standing import runs, standing, standings
from sweep.report.verdict import UNNAMED, unreached
from sweep.search.objective import Objective
from sweep.track import folder

RECORD, STAGE = "confirm.json", folder.CONFIRM  # of a study's folder
OVER = "over"  # key of the record: test was read too


@dataclass(frozen=True)
class Confirmed:
    """Lines of two tables, and what to say of them."""

    chosen: int | None  # number of the trial that the finalists' mean on dev names
    finalists: tuple[Row, ...]  # on dev, with fresh seeds
    test: tuple[Row, ...]  # the untouched base, the chosen one, each side of each contrast
    lines: tuple[str, ...]
    unchosen: str | None = None  # why nobody is


def read(root: Path, objective: Objective | None) -> Confirmed | None:
    """None where nothing was confirmed yet."""
    if not (root / RECORD).is_file() or objective is None:
        return None
    told = json.loads((root / RECORD).read_text(encoding="utf-8"))
    bodies = folder.results(root / STAGE)
    complete = {body["number"]: (label, body) for label, body in bodies.items() if body["state"] == "COMPLETE"}
    chosen: int | None = told["chosen"]
    finalists = [_finalist(root / STAGE / label, body, objective) for label, body in complete.values()]
    sides = {f"chosen: {called(complete[chosen][1]['params'])}": chosen} if chosen is not None else {}
    base = _on_test(f"{STAGE}/base", root, "base", objective)
    test: list[Row] = []
    for title, number in (sides | told["contrasts"]).items():
        if number in complete:
            test += _on_test(f"{STAGE}/{complete[number][0]}/s*/test", root, title, objective)
    unchosen = None if chosen is not None else _unchosen(root, told, objective)
    return Confirmed(chosen, tuple(finalists), (*base, *test), tuple(_lines(told, bodies, unchosen, read=bool(test))), unchosen)


def outstanding(root: Path, about: Mapping[str, Any]) -> bool:
    """Whether a study has yet to be confirmed, or test to be read; `about`: its study.json."""
    if not about["config"]["search"].get("confirm", {}).get("top"):
        return False
    file = root / RECORD
    return not (file.is_file() and json.loads(file.read_text(encoding="utf-8")).get(OVER, True))


def _finalist(place: Path, body: Mapping[str, Any], objective: Objective) -> Row:
    same = runs(place, body)
    levels = figures([of_split(one, "dev") for one in same])
    judged, numbers = standing(same, objective), (body["number"],)
    values, cost = folder.values(body), costs.of(same)
    return Row(called(body["params"]), levels, values, len(same), standing=judged, costs=cost, numbers=numbers)


def _on_test(places: str, root: Path, title: str, objective: Objective) -> Iterator[Row]:
    """The mean of the arms in these folders; no line where test was not read for them."""
    files = sorted(root.glob(f"{places}/{folder.ARM}"))
    arms = {file.parent: arm for file in files if (arm := json.loads(file.read_text(encoding="utf-8")))["state"] == "COMPLETE"}
    asked = [of_split(arm, "test") for arm in arms.values()]
    values = [found for levels in asked if (found := objective.values(levels)) is not None]
    if asked:
        means = tuple(sum(column) / len(column) for column in zip(*values, strict=True))
        yield Row(title, figures(asked), means, len(asked), places=tuple(arms))


def _unchosen(root: Path, told: Mapping[str, Any], objective: Objective) -> str:
    """Nobody in the search may be named, so nobody was trained again; or nobody who was."""
    if not told["finalists"]:
        return f"{unreached(objective, standings(root, objective)) or 'No trial was completed'}{UNNAMED}"
    again = [one for one in standings(root / STAGE, objective) if one.number in told["finalists"]]
    return f"{unreached(objective, again, 'finalist') or 'No finalist was completed'} with fresh seeds{UNNAMED}"


def _lines(
    told: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]], unchosen: str | None, *, read: bool
) -> Sequence[str]:
    """`read`: test was, by others than the untouched base; where nobody is chosen these are sides of contrasts."""
    chosen = f"* chosen by its mean on dev over {len(told['seeds'])} fresh seeds"
    none = "No trial was confirmed, since none of the search is named best" if not told["finalists"] else unchosen
    alone = "; test was read for the contrasts alone" if read else ""
    lines = [chosen if unchosen is None else f"{none}{alone}."]
    failed = [label for label, body in bodies.items() if body["state"] != "COMPLETE"]
    if failed:
        lines.append(f"Not confirmed, since a seed failed: {', '.join(f'{STAGE}/{label}' for label in failed)}")
    return lines
