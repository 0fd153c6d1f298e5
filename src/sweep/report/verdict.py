"""Which rows of the table at the end are marked, and the line that says why: the best one, or the Pareto set. And the sentence
for a study in which nobody reaches the constraints, which is the same wherever a study is told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sweep.search import choice
from sweep.search.choice import Standing
from sweep.search.objective import Objective

WORDS = {"strict": "strict accuracy", "accuracy": "accuracy", "key_recall": "key recall"}
UNNAMED = ", so none is named best"
MANY = 8  # members of a Pareto set that are all named


@dataclass(frozen=True)
class Verdict:
    """What the table says about its rows."""

    best: int | None = None  # number of the standing that is named best
    marked: frozenset[int] = frozenset()  # numbers of standings
    lines: tuple[str, ...] = ()


def unreached(objective: Objective | None, standings: Sequence[Standing], who: str = "trial") -> str | None:
    """That all of these miss a constraint; None where one does not, or there are none."""
    if objective is None or not standings or any(one.feasible for one in standings):
        return None
    return f"No {who} reaches {_limits(objective, standings)}"


def verdict(objective: Objective, rows: Sequence[tuple[str, Standing]]) -> Verdict:
    """`rows`: name and standing of each. One row alone is compared with nothing, so it may be the best but is not marked."""
    standings = [one for _, one in rows]
    named = choice.best(standings)
    feasible = sum(one.feasible for one in standings)
    none = unreached(objective, standings)
    if len(rows) == 1 and none is not None:
        return Verdict(lines=(f"{none}{UNNAMED}.",))
    if len(rows) < 2:
        return Verdict(None if named is None else named.number)
    limits, names = _limits(objective, standings), " and ".join(objective.names)
    among = f" of the {feasible} in {len(rows)} rows that reach {limits}" if feasible < len(rows) else ""
    if named is not None:
        return Verdict(named.number, frozenset({named.number}), (f"* best on dev{among}",))
    marked = frozenset(one.number for one in choice.pareto(standings))
    if none is None:
        no_winner = "Of several objectives none comes first, so no winner is named."
        return Verdict(None, marked, (f"{no_winner} * Pareto set of {names} on dev{among}: no row beats these in everything.",))
    members = [f"{name} {_values(one)}, lacking {one.violation:.2f}" for name, one in rows if one.number in marked]
    told = " · ".join(members[:MANY]) + (f" · and {len(members) - MANY} more" if len(members) > MANY else "")
    front = f"* Pareto set of {names} and what is lacking, on dev (no row beats these in everything): {told}"
    return Verdict(None, marked, (f"{none}{UNNAMED}.", front))


def _limits(objective: Objective, standings: Sequence[Standing]) -> str:
    measured = {level for one in standings for level in one.constraints}
    told = [f"{level} >= {least:g}" for level, least in objective.least.items() if level in measured]
    return f"{' and '.join(told)} ({WORDS[objective.measure]} on dev)"


def _values(one: Standing) -> str:
    return " ".join(f"{value:.2f}" for value in one.values)
