"""Who won a study: the trial that is named best, and where the adapter lies that it stands for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.errors import ConfigFault
from sweep.report import confirmed
from sweep.report.names import swept
from sweep.report.standing import standings
from sweep.report.verdict import UNNAMED, unreached
from sweep.search import choice
from sweep.search.choice import Standing
from sweep.search.objective import Objective
from sweep.track import folder
from sweep.track.folder import ADAPTER
from sweep.trial import State


@dataclass(frozen=True)
class Winner:
    """One training: of the trial with this number, with its first seed where it had several."""

    place: Path  # its folder, in which `adapter/` lies
    number: int
    params: Mapping[str, Any]  # swept values
    config: Mapping[str, Any]  # as `sweep.demands.read` takes it
    body: Mapping[str, Any]  # its result.json or seed.json
    doubt: str | None  # why the study names nobody best; None where it names this one
    instead: str = ""  # what this one is, where it names nobody

    @property
    def adapter(self) -> Path:
        """The folder in PEFT's format."""
        return self.place / ADAPTER

    @property
    def title(self) -> str:
        """Number and swept values."""
        return f"{self.number:04d} {swept(self.params)}".strip()

    @property
    def note(self) -> str | None:
        """The doubt, and why it is this one all the same; None without a doubt."""
        return None if self.doubt is None else f"{self.doubt}; this is {self.title}, {self.instead}"


def find(root: Path) -> Winner:
    """The confirmed trial of a study, else the best of its search; where the study names none best, the one with the highest
    objective, and a doubt. Raises: ConfigFault where nothing was completed, or its adapter is gone."""
    objective = _objective(root)
    told = confirmed.read(root, objective)
    if told is not None and told.chosen is not None:
        return _at(root / confirmed.STAGE / f"{told.chosen:04d}", None)
    found = standings(root, objective)
    named, likeliest = choice.best(found), choice.likeliest(found)
    if likeliest is None:
        raise ConfigFault(f"{root}: got no completed trial, expected one; the command that began the study goes on with it")
    doubt = told.unchosen if told is not None else _unnamed(objective, found) if named is None else None
    first = "first " if len(likeliest.values) > 1 else ""
    instead = "the best of the search" if named is not None else f"with the highest {first}objective on dev"
    return _at(root / f"{(named or likeliest).number:04d}", doubt, instead)


def of(root: Path, number: int) -> Winner:
    """The training behind the trial that the table names best: of its confirmation where that chose it. Raises: ConfigFault where
    its adapter is gone."""
    told = confirmed.read(root, _objective(root))
    stage = root / confirmed.STAGE if told is not None and told.chosen == number else root
    return _at(stage / f"{number:04d}", None)


def _unnamed(objective: Objective | None, found: Sequence[Standing]) -> str:
    missed = unreached(objective, found)
    return f"{missed or 'Of several objectives none comes first'}{UNNAMED}"


def _objective(root: Path) -> Objective | None:
    return Objective.recorded(json.loads((root / folder.STUDY).read_text(encoding="utf-8")))


def _at(place: Path, doubt: str | None, instead: str = "") -> Winner:
    """The training in a trial's folder."""
    seeds = [body for body in folder.seeds(place) if body["state"] == State.COMPLETE]
    body = seeds[0] if seeds else folder.read_result(place)
    own = place / f"s{body['params']['seed']}" if seeds and body is not None else place
    config = folder.read_config(own)
    if body is None or config is None or not (own / ADAPTER).is_dir():
        raise ConfigFault(
            f"{own}: got no {ADAPTER}/ with its configuration, expected those of a completed trial; run the study's command with "
            f"search.reuse=false in another output_dir to train it again"
        )
    return Winner(own, body["number"], body["params"], config, body, doubt, instead)
