"""What an arm or a configuration costs: training, memory, time an answer, what was forgotten, and other damage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sweep import costs
from sweep.goals import KEPT, LEVELS
from sweep.report.contents import Candidate
from sweep.report.live import clock

HEALTH = {  # of a level's figures in result.json -> what it is called
    "unsupported_rate": "answers with invented values",
    "forbidden_rate": "answers with a wrong known value",
    "loop_rate": "answers that loop",
    "over_long_rate": "over-long answers",
    "eos_rate": "answers that end by themselves",
}
PROBED = {  # of `costs` in result.json
    costs.LEAK: "trained values told of other subjects",
    costs.ABSTENTION: "answers about other subjects that decline",
    costs.PREMISE: "false premises and their true twins",
    costs.REFUSAL: "refusals of open questions",
    costs.DISTINCT: "distinct answers to open questions",
    costs.TOP: "share of the most frequent open answer",
    costs.KL: "KL from the base, nats a token",
}


@dataclass(frozen=True)
class Price:
    """One figure, as people read it."""

    name: str
    text: str


def prices(one: Candidate) -> tuple[Price, ...]:
    """Everything that is recorded of a candidate, means over its seeds; nothing stands for what was not measured."""
    return (*_training(one), *_serving(one), *_forgotten(one), *_health(one), *_measured(one))


def table(candidates: Sequence[Candidate]) -> list[list[str]]:
    """A line a candidate and a column a figure that anybody has."""
    found = {one.name: {price.name: price.text for price in prices(one)} for one in candidates}
    first = sorted(candidates, key=lambda one: not one.trained)  # their figures lead
    heads = list(dict.fromkeys(name for one in first for name in found[one.name]))
    return [["arm", *heads], *([name, *(figures.get(head, "–") for head in heads)] for name, figures in found.items())]


def forgotten(one: Candidate) -> tuple[float, int] | None:
    """Share of what the base knew that is no longer answered right, and of how many questions."""
    kept = [run.body["levels"][KEPT] for run in one.runs if KEPT in run.body.get("levels", {})]
    return (1 - fmean(float(level["accuracy"]) for level in kept), int(kept[0]["n"])) if kept else None


def short(count: float) -> str:
    """`1.2 M` of 1,234,567."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count:.0f}"


def _training(one: Candidate) -> Iterator[Price]:
    if one.trained:
        yield Price("trained parameters", short(one.mean("trainable")))
        yield Price("tokens", short(one.mean("tokens")))
        yield Price("steps", f"{one.mean('steps'):.0f}")
        yield Price("training time", clock(one.mean("seconds")))


def _serving(one: Candidate) -> Iterator[Price]:
    if one.mean("seconds_an_answer"):
        yield Price("seconds an answer", f"{one.mean('seconds_an_answer'):.2f}")
    if one.mean("peak_bytes"):
        of = next((run.train["peak_of"] for run in one.runs if run.train.get("peak_of")), "")
        yield Price(f"peak memory ({of})" if of else "peak memory", f"{one.mean('peak_bytes') / 2**30:.2f} GiB")


def _forgotten(one: Candidate) -> Iterator[Price]:
    if (lost := forgotten(one)) is not None:
        yield Price("forgotten", f"{lost[0]:.2f} of {lost[1]}")


def _health(one: Candidate) -> Iterator[Price]:
    measured = {name for run in one.runs for name in run.body.get("costs") or {}}
    for key, name in HEALTH.items():
        if f"health/{key}" in measured:
            continue  # with its error, below
        if found := [value for run in one.runs if (value := _mean_of_levels(run.body.get("levels", {}), key)) is not None]:
            yield Price(name, f"{fmean(found):.2f}")


def _mean_of_levels(levels: Mapping[str, Mapping[str, Any]], key: str) -> float | None:
    """Over questions of the ladder."""
    found = [(float(figures[key]), figures["n"]) for level, figures in levels.items() if level in LEVELS and key in figures]
    asked = sum(n for _, n in found)
    return sum(value * n for value, n in found) / asked if asked else None


def _measured(one: Candidate) -> Iterator[Price]:
    """Costs that trials record under names of their own."""
    runs = [run.body.get("costs") or {} for run in one.runs]
    for name in dict.fromkeys(name for found in runs for name in found):
        same = [found[name] for found in runs if found.get(name, {}).get("value") is not None]
        if same:
            errors = [float(cost["stderr"]) for cost in same if cost.get("stderr") is not None]
            error = f" ±{fmean(errors):.2f}" if errors else ""
            yield Price(_called(name), f"{fmean(float(cost['value']) for cost in same):.2f}{error} (n={same[0].get('n')})")


def _called(name: str) -> str:
    """A recorded figure as people read it."""
    return HEALTH.get(name.removeprefix("health/")) or PROBED.get(name, name)
