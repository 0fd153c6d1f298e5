"""What `search.objective` and `search.constraints` may say, read from what a user typed: each objective is a Goal over levels.

Knows nothing of trials and samplers; `sweep.search.objective` measures trials by goals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.errors import did_you_mean

LEVELS = ("L1", "L2", "L3", "L4", "L5")
KEPT = "kept"  # share of what the untouched base knew that is still known; constrained like a level, and no objective
REDUCED = ("macro", "min")  # over search.objective_levels
USUAL_LEVELS = (2, 3, 4, 5)  # of search.objective_levels by default: those of them that are measured
USUAL_LIMITS = {"L1": 0.9}  # search.constraints by default: those of them that are measured
EXPECTED = "macro, min, one of L1 to L5, weights such as {L2: 1, L4: 2}, or a list of these"

Spelt = str | Mapping[str, Any]  # one objective as typed


@dataclass(frozen=True)
class Goal:
    """One objective: the weighted mean over levels, or the least of them."""

    name: str  # macro, min, L4, "L2:1 L4:2"
    weights: tuple[tuple[str, float], ...]  # level and weight, in the order of levels; only their ratios count
    least: bool = False

    @property
    def falls_back(self) -> bool:
        """Where none of its levels is measured, it is taken over whatever is."""
        return self.name in REDUCED

    def value(self, found: Mapping[str, float]) -> float | None:
        """Over those of its levels that were measured; where none was, macro and min are over any, others have none: None."""
        known = [(weight, found[level]) for level, weight in self.weights if level in found]
        if not known and self.falls_back:
            known = [(1.0, value) for level, value in found.items() if level in LEVELS]
        if not known:
            return None
        if self.least:
            return min(value for _, value in known)
        largest = max(weight for weight, _ in known)  # weights as shares of it: their sum stays finite
        return sum(weight / largest * value for weight, value in known) / sum(weight / largest for weight, _ in known)


def goals(objective: Spelt | Sequence[Spelt], levels: Sequence[int]) -> tuple[Goal, ...]:
    """The goals of a `search.objective` that has no fault, `macro` and `min` over `levels`."""
    return tuple(_goal(one, levels) for one in _listed(objective))


def names(objective: Spelt | Sequence[Spelt]) -> tuple[str, ...]:
    """Their names, as MLflow and the table have them."""
    return tuple(_name(one) for one in _listed(objective))


def limits(constraints: Mapping[str, float | None] | None) -> dict[str, float]:
    """The levels that are constrained, and the least accuracy of each. A null takes a limit back."""
    return {level: float(least) for level, least in sorted((constraints or {}).items()) if least is not None}


def faults(objective: Spelt | Sequence[Spelt], levels: Sequence[int], measured: Sequence[int]) -> list[str]:
    """What is wrong with `search.objective` and `search.objective_levels`, where `evaluation.levels` measures `measured`."""
    found = [fault for one in _listed(objective) for fault in _spelling(one)]
    if not _listed(objective):
        found.append(f"search.objective: got an empty list, expected {EXPECTED}")
    if not levels:
        found.append("search.objective_levels: got an empty list, expected some of 1 to 5")
    if len(set(levels)) < len(levels):
        found.append(f"search.objective_levels: got {list(levels)}, expected each once")
    if found:
        return found
    called = names(objective)
    found += [f"search.objective: got {name} more than once" for name in dict.fromkeys(called) if called.count(name) > 1]
    return [*found, *_unmeasured(objective, levels, measured)]


def limit_faults(constraints: Mapping[str, Any] | None, measured: Sequence[int]) -> Iterator[str]:
    """What is wrong with `search.constraints`."""
    for level, least in (constraints or {}).items():
        if level not in (*LEVELS, KEPT):
            yield f"search.constraints.{level}: unknown level, expected one of L1 to L5, or {KEPT}"
        elif least is None:
            continue
        elif not _is_number(least) or not 0 <= least <= 1:
            yield f"search.constraints.{level}: got {_text(least)}, expected a number from 0 to 1, or null for no constraint"
        elif level != KEPT and int(level[1]) not in measured and USUAL_LIMITS.get(level) != least:
            yield f"search.constraints.{level}: got {least}, but evaluation.levels measures only {list(measured)}"


def tune_faults(objective: Spelt | Sequence[Spelt], tune: Sequence[str]) -> Iterator[str]:
    """What is wrong with `search.tune`: axes at whose best value the others are compared."""
    several = len(_listed(objective))
    if several > 1 and tune:
        got = ", ".join(tune)
        yield f"search.tune: got {got}, but of {several} objectives none says which value is best; type search.tune=[]"


def _unmeasured(objective: Spelt | Sequence[Spelt], levels: Sequence[int], measured: Sequence[int]) -> Iterator[str]:
    only = f"but evaluation.levels measures only {list(measured)}"
    asked = {f"L{level}" for level in measured}
    for spelt, goal in zip(_listed(objective), goals(objective, levels), strict=True):
        wanted = {level for level, _ in goal.weights}
        usual = spelt in REDUCED and set(levels) == set(USUAL_LEVELS)
        if wanted.isdisjoint(asked) or (not usual and not wanted <= asked):
            explicit = spelt in REDUCED and not usual
            yield (
                f"search.objective_levels: got {list(levels)}, {only}"
                if explicit
                else f"search.objective: got {_shown(spelt)}, {only}"
            )


def _spelling(spelt: Spelt) -> Iterator[str]:
    if isinstance(spelt, str):
        if spelt not in (*REDUCED, *LEVELS):
            near = did_you_mean(spelt, REDUCED)
            yield f"search.objective: got {spelt}, expected {EXPECTED}{near if 'did you mean' in near else ''}"
        return
    if not spelt:
        yield "search.objective: got an empty group, expected weights such as {L2: 1, L4: 2}"
    for level, weight in spelt.items():
        if level not in LEVELS:
            yield f"search.objective.{level}: unknown level, expected one of L1 to L5"
        elif not _is_number(weight) or weight <= 0:
            yield f"search.objective.{level}: got {_text(weight)}, expected a weight above 0"


def _goal(spelt: Spelt, levels: Sequence[int]) -> Goal:
    if isinstance(spelt, str):
        over = [f"L{level}" for level in sorted(levels)] if spelt in REDUCED else [spelt]
        return Goal(spelt, tuple((level, 1.0) for level in over), least=spelt == "min")
    return Goal(_name(spelt), tuple((level, float(weight)) for level, weight in sorted(spelt.items())))


def _name(spelt: Spelt) -> str:
    return spelt if isinstance(spelt, str) else " ".join(f"{level}:{weight:g}" for level, weight in sorted(spelt.items()))


def _shown(spelt: Spelt) -> str:
    return spelt if isinstance(spelt, str) else "{" + ", ".join(f"{level}: {weight}" for level, weight in spelt.items()) + "}"


def _listed(objective: Spelt | Sequence[Spelt]) -> list[Spelt]:
    return [objective] if isinstance(objective, str | Mapping) else list(objective)


def _text(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
