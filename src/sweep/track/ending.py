"""How a study ended, in its folder as `ending.json`: what MLflow's parent run says when all is over.

Only who reads the whole study can say who won and how far an adapter came (`sweep.report.ending`); MLflow is told from here,
while the study runs and when its mirror is rebuilt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sweep.track import folder

FILE = "ending.json"
FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"  # MLflow's words


@dataclass(frozen=True)
class Winner:
    """The training that a study names best: of a trial, of its first seed, or of the confirmation."""

    place: str  # its folder below the study's: 0003, confirm/0003/s7
    title: str  # number and swept values


@dataclass(frozen=True)
class Ending:
    """What a study's folder said when its process ended."""

    status: str
    saved_share: float = 0.0  # of the training that was planned: what pruning saved
    best: Mapping[str, Any] | None = None  # number, objective and params of the trial that is named best
    winner: Winner | None = None  # None also where its adapter is gone
    propagation: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # by folder below the study's: L1/propagation


def write(root: Path, ending: Ending) -> None:
    """Into the study's folder."""
    folder.write_atomically(root / FILE, folder.json_text(asdict(ending), indent=2) + "\n")


def read(root: Path) -> Ending | None:
    """What the folder says; None of a study that was killed before it ended once, or is an older version's."""
    file = root / FILE
    if not file.is_file():
        return None
    body = json.loads(file.read_text(encoding="utf-8"))
    return Ending(**{**body, "winner": None if body["winner"] is None else Winner(**body["winner"])})


def reopen(root: Path) -> None:
    """The study goes on: what it said stands until it ends again, but for its being over."""
    if (said := read(root)) is not None:
        write(root, replace(said, status=KILLED))
