"""Choosing among finished trials: the best one, or those that no other one beats in everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sweep.search.objective import Levels, Objective


@dataclass(frozen=True)
class Standing:
    """What a trial is judged by. Higher values are better; a constraint of 0 or below is met."""

    number: int
    values: tuple[float, ...]  # one an objective, all finite
    constraints: Mapping[str, float] = field(default_factory=dict)
    tie: float = 0.0  # decides between equal values of one objective; higher is better

    @property
    def feasible(self) -> bool:
        """All constraints are met."""
        return self.violation == 0

    @property
    def violation(self) -> float:
        """What is lacking, summed over the constraints that are not met."""
        return sum(max(0.0, lacking) for lacking in self.constraints.values())


def standing(number: int, levels: Levels, objective: Objective) -> Standing | None:
    """How a trial with these levels on dev stands; None where its objectives were not measured."""
    values = objective.values(levels)
    return None if values is None else Standing(number, values, objective.constraints(levels), objective.tie(levels))


def mean(of: Sequence[Standing]) -> Standing:
    """Seeds of one configuration as one: means of everything, under the lowest number."""
    count, first = len(of), min(of, key=lambda one: one.number)
    values = tuple(sum(column) / count for column in zip(*(one.values for one in of), strict=True))
    constraints = {name: sum(one.constraints[name] for one in of) / count for name in first.constraints}
    return Standing(first.number, values, constraints, sum(one.tie for one in of) / count)


def best(standings: Iterable[Standing]) -> Standing | None:
    """The feasible one with the highest value; of equal ones that with the higher tie, then the lowest number.

    None where none is feasible, and with several objectives, of which none comes first: `pareto` has what can be said then.
    """
    return next(iter(ranked(standings)), None)


def ranked(standings: Iterable[Standing]) -> list[Standing]:
    """The feasible ones of one objective, in the order in which `best` would name them."""
    feasible = [one for one in standings if one.feasible and len(one.values) == 1]
    return sorted(feasible, key=lambda one: (-one.values[0], -one.tie, one.number))


def likeliest(standings: Iterable[Standing]) -> Standing | None:
    """The best one; where none is feasible, that with the highest value; of several objectives that with the highest first value
    among those that no other one dominates. None where there is none."""
    found = list(standings)
    among = pareto(found) if any(len(one.values) > 1 for one in found) else found
    return best(found) or max(among, key=lambda one: (one.values, one.tie, -one.number), default=None)


def pareto(standings: Iterable[Standing]) -> list[Standing]:
    """Those that no other one dominates, in their order."""
    everybody = list(standings)
    return [one for one in everybody if not any(dominates(other, one) for other in everybody)]


def dominates(a: Standing, b: Standing) -> bool:
    """Whether `a` is as good as `b` in everything and better in something: in values, where both are feasible; in values and
    violation, where neither is. A feasible one dominates every one that is not."""
    if a.feasible != b.feasible:
        return a.feasible
    ours, theirs = (*a.values, -a.violation), (*b.values, -b.violation)
    return ours != theirs and all(mine >= yours for mine, yours in zip(ours, theirs, strict=True))
