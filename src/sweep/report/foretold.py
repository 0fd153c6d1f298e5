"""Level 4 foretold from level 2: what it would be if facts asked for together were right as often as each alone in other words,
and independently of each other. Where it stays below, the facts are there and putting them together is what fails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from pathlib import Path
from statistics import fmean
from typing import Any

from sweep.clusters import clustered_stderr, fact_clusters
from sweep.track import folder

LEVEL = "L4 foretold"  # where a table shows it
ALONE, TOGETHER = 2, 4  # levels


def expected(alone: Mapping[str, Sequence[float]], together: Iterable[Sequence[str]]) -> list[tuple[Sequence[str], float]]:
    """Of each question for several facts, the product of their shares of right answers when asked for alone; a question with a
    fact that was not asked for alone is left out."""
    known = [facts for facts in together if facts and all(alone.get(fact) for fact in facts)]
    return [(facts, prod(fmean(alone[fact]) for fact in facts)) for facts in known]


def figures(rows: Iterable[Mapping[str, Any]], split: str) -> dict[str, Any] | None:
    """From rows of a predictions.jsonl, as a level of `result.json` has them; errors by group of facts. None without L2 or L4."""
    alone: dict[str, list[float]] = defaultdict(list)
    together: list[Sequence[str]] = []
    for row in (row for row in rows if row["split"] == split):
        if row["level"] == ALONE and len(row["fact_ids"]) == 1:
            alone[row["fact_ids"][0]].append(float(row["grade"] == "CORRECT"))
        elif row["level"] == TOGETHER:
            together.append(row["fact_ids"])
    if not (found := expected(alone, together)):
        return None
    values = [value for _, value in found]
    return {
        "n": len(values),
        "accuracy": fmean(values),
        "stderr": clustered_stderr(values, fact_clusters([facts for facts, _ in found])),
    }


def beside(body: Mapping[str, Any], place: Path, split: str) -> dict[str, Any]:
    """The record of a trial, of one of its seeds or of an arm in this folder, with what its own answers foretell under LEVEL."""
    seed = place / f"s{body['params'].get('seed')}"
    found = figures(folder.read_rows((seed if seed.is_dir() else place) / folder.PREDICTIONS), split)
    return dict(body) if found is None else {**body, LEVEL: found}
