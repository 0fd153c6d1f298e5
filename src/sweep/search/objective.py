"""What a study maximises, always on dev: one value an objective, and what a trial must reach to be named best.

Pure: levels as `result.json` has them go in, numbers come out. Which trial is best, `sweep.search.choice` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweep.config import SearchConfig
from sweep.goals import KEPT, Goal, goals, limits
from sweep.trial import Outcome, State

Levels = Mapping[str, Mapping[str, Any]]  # L1..L5 -> accuracy, strict, key_recall, ...


@dataclass(frozen=True)
class Objective:
    """The objectives of a study and its constraints; levels that were not measured drop out of both."""

    goals: tuple[Goal, ...]
    measure: str  # strict, accuracy or key_recall: the figure of a level that counts
    least: Mapping[str, float]  # level -> least figure a trial needs to be named best, from 0 to 1

    @classmethod
    def of(cls, search: SearchConfig) -> Objective:
        """As the configuration says."""
        return cls(goals(search.objective, search.objective_levels), search.measure, limits(search.constraints))

    @classmethod
    def recorded(cls, study: Mapping[str, Any]) -> Objective | None:
        """As the body of a `study.json` says; None for one that was written before there were measures."""
        search = study.get("config", {}).get("search", {})
        if "measure" not in search:
            return None
        return cls(goals(search["objective"], search["objective_levels"]), search["measure"], limits(search["constraints"]))

    @property
    def names(self) -> tuple[str, ...]:
        """One an objective: macro, min, L4, "L2:1 L4:2"."""
        return tuple(goal.name for goal in self.goals)

    def values(self, levels: Levels) -> tuple[float, ...] | None:
        """One an objective, from 0 to 1. None where an objective has no measured level."""
        found = {level: float(figures[self.measure]) for level, figures in levels.items()}
        values = [value for goal in self.goals if (value := goal.value(found)) is not None]
        return tuple(values) if len(values) == len(self.goals) else None

    def constraints(self, levels: Levels) -> dict[str, float]:
        """What each constrained level lacks: 0 and below is feasible, as Optuna has it."""
        measures = {level: "accuracy" if level == KEPT else self.measure for level in self.least}  # as the base was graded
        found = {level: float(levels[level][measure]) for level, measure in measures.items() if level in levels}
        return {level: self.least[level] - value for level, value in found.items()}

    def tie(self, levels: Levels) -> float:
        """Mean key recall over the levels of the objectives, which decides between equal values; 0 where none was measured."""
        wanted = {level for goal in self.goals for level, _ in goal.weights}
        found = [float(levels[level]["key_recall"]) for level in sorted(wanted & levels.keys())]
        return sum(found) / len(found) if found else 0.0


def judged(
    state: State,
    search: SearchConfig,
    levels: dict[str, dict[str, Any]],
    test_levels: dict[str, dict[str, Any]],
    train: dict[str, Any],
    duplicate_of: str | None = None,
    costs: Mapping[str, dict[str, Any]] | None = None,
) -> Outcome:
    """The outcome of a trial with these levels on dev, by the objectives of its study."""
    aim = Objective.of(search)
    values, lacking = aim.values(levels), aim.constraints(levels)
    first, further = (values[0], values[1:]) if values else (None, ())
    more: dict[str, Any] = {"further": further, "constraints": lacking, "costs": dict(costs or {})}
    return Outcome(state, first, levels, test_levels, train, duplicate_of=duplicate_of, **more)
