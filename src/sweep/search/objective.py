"""One number out of five levels: what a study maximises, always on dev."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MACRO_LEVELS = ("L2", "L3", "L4", "L5")  # L1 would reward learning by rote


def objective(name: str, levels: Mapping[str, Mapping[str, Any]]) -> float | None:
    """The value of a finished trial, from 0 to 1: `macro` = mean strict accuracy over the measured levels of L2-L5, or one
    level's strict accuracy. None where no such level was measured."""
    wanted = MACRO_LEVELS if name == "macro" else (name,)
    values = [float(levels[level]["strict"]) for level in wanted if level in levels]
    return sum(values) / len(values) if values else None
