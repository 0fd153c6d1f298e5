"""Lines of a table: an arm, or a configuration with all its seeds, as numbers and as text."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    levels: dict[str, dict[str, float]]  # of the split that is shown: n, accuracy, stderr, strict, seed_sd
    dev: tuple[float, ...]  # objectives on dev, means over seeds; none where they were not measured
    seeds: int = 1
    chosen: str = ""  # values of tuned axes, when the row is the best of several
    standing: Standing | None = None  # on dev, under the number of its first trial; an arm has none
    numbers: tuple[int, ...] = ()  # of its trials


def cells(rows: Sequence[Row], objectives: Sequence[str] = (), marked: Collection[int] = ()) -> list[list[str]]:
    """The table as text: a head, then a line an arm. `objectives`: names, where there are several; `marked`: numbers of rows."""
    levels = sorted({level for row in rows for level in row.levels})
    sizes = {level: max(row.levels[level]["n"] for row in rows if level in row.levels) for level in levels}
    heads = [f"objective {name}" for name in objectives] or ["objective"]
    head = ["arm", *(f"{level} n={sizes[level]:.0f}" for level in levels), *heads]
    return [head, *(_line(row, sizes, len(heads), marked) for row in rows)]


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, its first line the head."""
    head, *rest = [f"| {' | '.join(line)} |\n" for line in lines]
    return "".join([head, f"|{'---|' * len(lines[0])}\n", *rest])


def _line(row: Row, sizes: Mapping[str, float], objectives: int, marked: Collection[int]) -> list[str]:
    figures = [_cell(row.levels.get(level), usual, row.seeds) for level, usual in sizes.items()]
    *others, last = [f"{value:.2f}" for value in row.dev] or ["–"] * objectives
    mark = " *" if row.standing is not None and row.standing.number in marked else ""
    return [f"{row.name}{row.chosen}", *figures, *others, f"{last}{mark}"]


def _cell(figures: Mapping[str, float] | None, usual: float, seeds: int) -> str:
    """Accuracy ± standard error over questions; the seeds' spread where there are several; n where it is not the column's."""
    if figures is None:
        return "–"
    own = "" if figures["n"] == usual else f" ({figures['n']:.0f})"
    spread = f" sd {figures['seed_sd']:.2f}".replace("sd 0", "sd ") if seeds > 1 else ""
    return f"{figures['accuracy']:.2f} ±{figures['stderr']:.2f}".replace("±0", "±") + spread + own


def over_seeds(trials: Sequence[Body], split: str, objective: Objective | None) -> list[tuple[dict[str, Any], Row]]:
    """(params without the seed, row) of each configuration, its seeds averaged."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for trial in trials:
        groups[trial["config_key"]].append(trial)
    found = []
    for same in groups.values():
        params = {key: value for key, value in same[0]["params"].items() if key != "seed"}
        told = [measured for trial in same if (measured := folder.values(trial))]
        dev = tuple(sum(column) / len(told) for column in zip(*told, strict=True))
        seeds = len({trial["trial_key"] for trial in same})
        levels = figures([of_split(trial, split) for trial in same])
        numbers = tuple(dict.fromkeys(trial["number"] for trial in same))
        found.append((params, Row(called(params), levels, dev, seeds, standing=standing(same, objective), numbers=numbers)))
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
            "strict": sum(float(figures["strict"]) for figures in same) / len(same),
            "seed_sd": math.sqrt(sum((a - mean) ** 2 for a in accuracies) / (len(same) - 1)) if len(same) > 1 else math.nan,
        }
    return found


def called(params: Mapping[str, Any]) -> str:
    """`mlp` where one axis of words was swept, `targets=mlp rank=4` for more."""
    if len(params) == 1 and isinstance(only := next(iter(params.values())), str):
        return only
    return swept(params) or "LoRA"


def of_split(result: Body, split: str) -> Levels:
    """What a result says of dev or test."""
    found: Levels = result["test_levels" if split == "test" else "levels"]
    return found
