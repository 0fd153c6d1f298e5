"""The second table of a study: what training cost, one line an arm or trial, and only what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from sweep import costs
from sweep.goals import KEPT
from sweep.report.standing import Body

Costs = Mapping[str, Mapping[str, float | None]]  # name of a figure -> value, n, stderr, seed_sd

TITLE = "What it cost: value ± standard error on dev questions"
COLUMNS = {
    KEPT: "kept",
    costs.LEAK: "leak",
    costs.PREMISE: "false\npremises",
    costs.REFUSAL: "refusals",
    costs.DISTINCT: "distinct",
    costs.KL: "KL",
    costs.LOOPS: "loops",
    costs.OVER_LONG: "over-long",
    costs.UNSUPPORTED: "un-\nsupported",
    costs.FORBIDDEN: "forbidden",
}
TOLD = {  # below the table, of the columns that are there
    KEPT: "kept: of the retention questions that the untouched base answers right, the share that still are",
    costs.LEAK: "leak: trained values told of subjects that were never trained",
    costs.PREMISE: "false premises: mean of right on the false and right on the true twin, by pair",
    costs.REFUSAL: "refusals, distinct: of open questions, answers that decline, and different answers",
    costs.KL: "KL: from the base, on neutral text, in nats a token",
}


def of(bodies: Sequence[Body]) -> Costs:
    """Means over the seeds of one configuration, and their spread; the same questions are asked of each, so n is that of one."""
    runs = [_figures(body) for body in bodies]
    found: dict[str, dict[str, float | None]] = {}
    for name in COLUMNS:
        same = [run[name] for run in runs if name in run]
        values = [one["value"] for one in same]
        errors = [one["stderr"] for one in same if one["stderr"] is not None]
        if values:
            found[name] = {
                "value": statistics.fmean(values),
                "n": same[0]["n"],
                "stderr": statistics.fmean(errors) if errors else None,
                "seed_sd": statistics.stdev(values) if len(values) > 1 else None,
            }
    return found


def cells(told: Mapping[str, Costs]) -> list[list[str]]:
    """The table as text, a head and a line for each arm of which something was measured; empty where there is none."""
    lines = {title: found for title, found in told.items() if found}
    names = [name for name in COLUMNS if any(name in found for found in lines.values())]
    sizes = {name: max(found[name]["n"] or 0 for found in lines.values() if name in found) for name in names}
    head = ["arm", *(f"{COLUMNS[name]}\nn={sizes[name]:.0f}" for name in names)]
    rows = [[title, *(_cell(name, found.get(name), sizes[name]) for name in names)] for title, found in lines.items()]
    return [head, *rows] if rows else []


def legend(told: Mapping[str, Costs]) -> str:
    """What the columns mean; empty where none of those that need it is there."""
    words = "; ".join(words for name, words in TOLD.items() if any(name in found for found in told.values()))
    return f"{words}." if words else ""


def _figures(body: Body) -> dict[str, Mapping[str, Any]]:
    """A result that was written before there were costs has none but retention."""
    found: dict[str, Mapping[str, Any]] = dict(body.get("costs", {}))
    if (kept := body["levels"].get(KEPT)) is not None:
        found[KEPT] = {"value": kept["accuracy"], "n": kept["n"], "stderr": kept["stderr"]}
    return found


def _cell(name: str, found: Mapping[str, float | None] | None, usual: float) -> str:
    if found is None:
        return "–"
    digits = 3 if name == costs.KL else 2
    own = "" if found["n"] == usual else f" ({found['n']:.0f})"
    error = "" if found["stderr"] is None else f" ±{found['stderr']:.{digits}f}".replace("±0", "±")
    spread = "" if found["seed_sd"] is None else f"\nsd {found['seed_sd']:.{digits}f}".replace("sd 0", "sd ")
    return f"{found['value']:.{digits}f}{error}{own}{spread}"
