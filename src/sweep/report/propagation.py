"""How much of what the fact in the prompt gives an adapter reaches: (LoRA - floor) / (ceiling - floor), level by level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sweep.goals import LEVELS

Levels = Mapping[str, Mapping[str, Any]]
FLOOR, CEILING = "base", "gold"


def propagation(floor: float, reached: float, ceiling: float) -> float | None:
    """1: as good as the fact in the prompt, 0: as the untouched base. None where the ceiling is not above the floor."""
    return (reached - floor) / (ceiling - floor) if ceiling > floor else None


def by_level(floor: Levels, reached: Levels, ceiling: Levels) -> dict[str, float | None]:
    """Of accuracies, at the levels that all three were asked."""
    levels = [level for level in LEVELS if level in floor and level in reached and level in ceiling]
    return {level: propagation(*(float(one[level]["accuracy"]) for one in (floor, reached, ceiling))) for level in levels}


def told(found: Mapping[str, float | None]) -> str:
    """`L1 1.00 · L5 –`."""
    return " · ".join(f"{level} {'–' if value is None else f'{value:.2f}'}" for level, value in found.items())
