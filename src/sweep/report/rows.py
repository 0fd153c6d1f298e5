"""Lines of a table: an arm, or a configuration with all its seeds, as numbers and as text."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweep.goals import KEPT
from sweep.report import costs
from sweep.report.costs import Costs
from sweep.report.foretold import LEVEL
from sweep.report.names import swept
from sweep.report.standing import Body, standing
from sweep.search.choice import Standing
from sweep.search.objective import Objective
from sweep.track import folder

Levels = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    """One line: an arm, or a configuration with all its seeds."""

    name: str
    levels: dict[str, dict[str, float]]  # of the split that is shown: n, accuracy, stderr, seed_sd; L4 foretold among them
    dev: tuple[float, ...]  # objectives on dev, means over seeds; none where they were not measured
    seeds: int = 1
    chosen: str = ""  # values of tuned axes, when the row is the best of several
    standing: Standing | None = None  # on dev, under the number of its first trial; an arm has none
    costs: Costs = field(default_factory=dict)  # on dev
    places: tuple[Path, ...] = ()  # where the answers of each of its runs lie
    numbers: tuple[int, ...] = ()  # of its trials


def cells(rows: Sequence[Row], objectives: Sequence[str] = (), marked: Collection[int] = ()) -> list[list[str]]:
    """The table as text: a head, then a line an arm. `objectives`: names, where there are several; `marked`: numbers of rows.
    Rows of which none has an objective are shown without."""
    levels = sorted({level for row in rows for level in row.levels} - {KEPT})  # that is a cost (sweep.report.costs)
    sizes = {level: max(row.levels[level]["n"] for row in rows if level in row.levels) for level in levels}
    heads = ([f"objective {name}" for name in objectives] or ["objective"]) if any(row.dev for row in rows) else []
    head = ["arm", *(f"{level} n={sizes[level]:.0f}" for level in levels), *heads]
    return [head, *(_line(row, sizes, len(heads), marked) for row in rows)]


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, its first line the head; cells of several lines become one."""
    flat = [[cell.replace("-\n", "").replace("\n", " ") for cell in line] for line in lines]
    head, *rest = [f"| {' | '.join(line)} |\n" for line in flat]
    return "".join([head, f"|{'---|' * len(lines[0])}\n", *rest])


def _line(row: Row, sizes: Mapping[str, float], objectives: int, marked: Collection[int]) -> list[str]:
    figures = [_cell(row.levels.get(level), usual, row.seeds) for level, usual in sizes.items()]
    values = [f"{value:.2f}" for value in row.dev] or ["–"] * objectives
    if values and row.standing is not None and row.standing.number in marked:
        values[-1] += " *"
    return [f"{row.name}{row.chosen}", *figures, *values]


def _cell(figures: Mapping[str, float] | None, usual: float, seeds: int) -> str:
    """Accuracy ± standard error over questions; the seeds' spread where there are several; n where it is not the column's."""
    if figures is None:
        return "–"
    own = "" if figures["n"] == usual else f" ({figures['n']:.0f})"
    spread = f" sd {figures['seed_sd']:.2f}".replace("sd 0", "sd ") if seeds > 1 else ""
    return f"{figures['accuracy']:.2f} ±{figures['stderr']:.2f}".replace("±0", "±") + spread + own


def over_seeds(runs: Sequence[tuple[Path, Body]], split: str, objective: Objective | None) -> list[tuple[dict[str, Any], Row]]:
    """(params without the seed, row) of each configuration, its seeds averaged. `runs`: folder and result of each."""
    groups: dict[str, list[tuple[Path, Body]]] = defaultdict(list)
    for place, body in runs:
        groups[body["config_key"]].append((place, body))
    found = []
    for group in groups.values():
        places, same = tuple(place for place, _ in group), [body for _, body in group]
        params = {key: value for key, value in same[0]["params"].items() if key != "seed"}
        told = [measured for trial in same if (measured := folder.values(trial))]
        dev = tuple(sum(column) / len(told) for column in zip(*told, strict=True))
        seeds = len({trial["trial_key"] for trial in same})
        levels = figures([of_split(trial, split) for trial in same])
        own, cost = standing(same, objective), costs.of(same)
        numbers = tuple(dict.fromkeys(trial["number"] for trial in same))
        row = Row(called(params), levels, dev, seeds, standing=own, costs=cost, places=places, numbers=numbers)
        found.append((params, row))
    return found


def figures(runs: Sequence[Levels]) -> dict[str, dict[str, float]]:
    """Means over seeds. The same questions are asked of every seed, so the error is that of one run's questions, averaged."""
    found: dict[str, dict[str, float]] = {}
    for level in sorted({level for run in runs for level in run}):
        same = [run[level] for run in runs if level in run]
        accuracies = [float(figures["accuracy"]) for figures in same]
        mean = sum(accuracies) / len(same)
        found[level] = {
            "n": float(same[0]["n"]),
            "accuracy": mean,
            "stderr": sum(float(figures["stderr"]) for figures in same) / len(same),
            "seed_sd": math.sqrt(sum((a - mean) ** 2 for a in accuracies) / (len(same) - 1)) if len(same) > 1 else math.nan,
        }
    return found


def called(params: Mapping[str, Any]) -> str:
    """`mlp` where one axis of words was swept, `targets=mlp rank=4` for more."""
    if len(params) == 1 and isinstance(only := next(iter(params.values())), str):
        return only
    return swept(params) or "LoRA"


def of_split(result: Body, split: str) -> Levels:
    """What a result says of dev or test, and what it foretells of it, where that was reckoned."""
    found: Levels = result["test_levels" if split == "test" else "levels"]
    return {**found, LEVEL: result[LEVEL]} if LEVEL in result else found
