"""Long and short facts: key recall of questions for a fact whose value is a sentence, and of all others, level by level.

It describes what `result.json` has recorded. A data set has few long facts, so nothing is tested here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sweep.goals import LEVELS
from sweep.report import comparison
from sweep.report.contents import Candidate, Contents
from sweep.report.rows import of_split

KINDS = ("long", "short")


@dataclass(frozen=True)
class Lengths:
    """Both kinds of facts side by side."""

    told: str  # what the figures are, and what they are not
    lines: list[list[str]]  # a head, and a line for each arm of the accuracy table


def lengths(contents: Contents) -> Lengths | None:
    """On the split that the accuracy table shows; None where no level asks for facts of both kinds."""
    split = contents.summary.split
    measured = [(one.name, _by_level(one, split)) for one in comparison.shown(contents)]
    levels = [level for level in LEVELS if any(level in cells for _, cells in measured)]
    if not levels:
        return None
    head = ["arm", *(f"{level} {kind}" for level in levels for kind in KINDS)]
    lines = [[name, *(text for level in levels for text in cells.get(level, ["–"] * len(KINDS)))] for name, cells in measured]
    return Lengths(_told(contents, split), [head, *lines])


def _by_level(one: Candidate, split: str) -> dict[str, list[str]]:
    """Cells of the levels at which all runs were asked for both kinds."""
    runs = [of_split(run.body, split) for run in one.runs]
    both = [level for level in LEVELS if runs and all("n_long" in run.get(level, {}) for run in runs)]
    return {level: _cells([run[level] for run in runs]) for level in both}


def _cells(same: Sequence[Mapping[str, Any]]) -> list[str]:
    """Means over seeds, which are all asked the same questions, so n is that of one."""
    long = same[0]["n_long"]
    sizes = {"long": long, "short": same[0]["n"] - long}
    return [f"{fmean(level[f'key_recall_{kind}'] for level in same):.2f} (n={sizes[kind]})" for kind in KINDS]


def _told(contents: Contents, split: str) -> str:
    facts = contents.marker.long_facts(one for one in contents.questions.values() if one.split == split)
    count = f"; long facts asked for: {len(facts)}" if facts else ""
    return (
        f"Key recall on {split} of questions for a fact whose value is a sentence (long) and of all others (short), n questions "
        f"each. Descriptive: no test was made{count}."
    )
