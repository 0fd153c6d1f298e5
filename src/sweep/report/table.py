"""The table at the end of a study, read from its folder: arm × level, accuracy ± standard error, the untouched base first.

It is printed on the terminal and left in the folder as `table.md`.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from sweep.report.live import clock, console
from sweep.report.names import swept
from sweep.report.standing import runs, standing
from sweep.report.verdict import Verdict, verdict
from sweep.search import choice
from sweep.search.choice import Standing
from sweep.search.objective import Objective
from sweep.track import folder

Levels = Mapping[str, Mapping[str, Any]]
NO_ITEMS = "the data set has no retention items"


@dataclass(frozen=True)
class Row:
    """One line: an arm, or a configuration with all its seeds."""

    name: str
    levels: dict[str, dict[str, float]]  # of the split that is shown: n, accuracy, stderr, strict, seed_sd
    dev: tuple[float, ...]  # objectives on dev, means over seeds; none where they were not measured
    seeds: int = 1
    chosen: str = ""  # values of tuned axes, when the row is the best of several
    standing: Standing | None = None  # on dev, under the number of its first trial; an arm has none


@dataclass(frozen=True)
class Summary:
    """What a study's folder says."""

    root: Path
    study: Mapping[str, Any]
    split: str  # test where every trial read it, else dev
    rows: tuple[Row, ...]
    failed: tuple[str, ...]  # folders of trials and arms that failed
    pruned: tuple[str, ...]  # folders of trials that were stopped early
    seconds: tuple[float, ...]  # a trial, training and answering
    names: tuple[str, ...]  # of the objectives, where there are several
    verdict: Verdict
    retention: int | None  # retention items of the data set; None: no result tells


def read(root: Path) -> Summary:
    """The finished arms and trials of a study folder, tuned axes already at their best value on dev."""
    study = _load(root / folder.STUDY)
    arms = {path.parent.name: _load(path) for path in sorted(root.glob("arms/*/arm.json"))}
    trials = folder.results(root)
    ended = {name: trial for name, trial in trials.items() if trial["state"] == "COMPLETE"}
    complete = [run for name, trial in ended.items() for run in runs(root / name, trial)]
    split = "test" if complete and all(trial["test_levels"] for trial in complete) else "dev"
    measured = {name: arm for name, arm in arms.items() if arm["state"] == "COMPLETE"}
    floor = [Row(name, _figures([_split(arm, split)]), folder.values(arm)) for name, arm in measured.items()]
    objective = Objective.recorded(study)
    rows = _tuned(_over_seeds(complete, split, objective), study.get("tune") or [])
    done = [trial["params"] for trial in ended.values()]
    failed = [name for name, one in {**arms, **trials}.items() if one["state"] == "FAILED" and one["params"] not in done]
    broken = tuple(name for name in failed if name not in measured)
    pruned = tuple(name for name, trial in trials.items() if trial["state"] == "PRUNED")
    seconds = tuple(float(trial["train"]["wall_seconds"]) for trial in complete)
    names = objective.names if objective is not None and len(objective.names) > 1 else ()
    known = [trial["provenance"].get("retention_items") for trial in complete if "provenance" in trial]
    retention = max((count for count in known if count is not None), default=None)
    found = _verdict(objective, rows)
    return Summary(root, study, split, (*floor, *rows), broken, pruned, seconds, names, found, retention)


def show(summary: Summary, *, fair: tuple[str, int] | None, seconds: float) -> None:
    """Print the table, what it is worth, and where everything lies. `seconds`: what this run took."""
    head, *lines = cells(summary)
    title = f"Accuracy by level on {summary.split} questions ± standard error by fact; objective on dev"
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for at, words in enumerate(head):
        drawn.add_column(words, justify="right" if at else "left", no_wrap=bool(at), overflow="fold")
    for line in lines:
        drawn.add_row(*line)
    console.print(drawn)
    (summary.root / "table.md").write_text(f"{title}\n\n{markdown([head, *lines])}", encoding="utf-8")
    for remark in _remarks(summary, fair):
        console.print(remark)
    console.print(f"Training and measuring took {clock(seconds)}. Study folder: {summary.root}")


def cells(summary: Summary) -> list[list[str]]:
    """The table as text: a head, then a line an arm."""
    levels = sorted({level for row in summary.rows for level in row.levels})
    sizes = {level: max(row.levels[level]["n"] for row in summary.rows if level in row.levels) for level in levels}
    objectives = [f"objective {name}" for name in summary.names] or ["objective"]
    head = ["arm", *(f"{level} n={sizes[level]:.0f}" for level in levels), *objectives]
    return [head, *(_line(row, sizes, len(objectives), summary.verdict) for row in summary.rows)]


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, its first line the head."""
    head, *rest = [f"| {' | '.join(line)} |\n" for line in lines]
    return "".join([head, f"|{'---|' * len(lines[0])}\n", *rest])


def _line(row: Row, sizes: Mapping[str, float], objectives: int, found: Verdict) -> list[str]:
    figures = [_cell(row.levels.get(level), usual, row.seeds) for level, usual in sizes.items()]
    *others, last = [f"{value:.2f}" for value in row.dev] or ["–"] * objectives
    mark = " *" if row.standing is not None and row.standing.number in found.marked else ""
    return [f"{row.name}{row.chosen}", *figures, *others, f"{last}{mark}"]


def _verdict(objective: Objective | None, rows: Sequence[Row]) -> Verdict:
    """Of the rows with most seeds: a mean over those that survived is no better than a whole one."""
    most = max((row.seeds for row in rows), default=1)
    whole = [(f"{row.name}{row.chosen}", row.standing) for row in rows if row.standing is not None and row.seeds == most]
    return Verdict() if objective is None else verdict(objective, whole)


def _remarks(summary: Summary, fair: tuple[str, int] | None) -> list[str]:
    """What may be concluded: nothing but a description, without several seeds and a tuned learning rate."""
    lines = list(summary.verdict.lines)
    if summary.failed:
        lines.append(f"Failed, with the traceback in its folder: {', '.join(summary.failed)}")
    if summary.pruned:
        lines.append(f"Stopped early, and so without a row: {', '.join(summary.pruned)}")
    if summary.retention is not None:
        cause = f"nothing asks the data set's {summary.retention} retention items yet" if summary.retention else NO_ITEMS
        lines.append(f"Forgetting is not measured: {cause}.")
    seeds = max((row.seeds for row in summary.rows), default=1)
    if seeds == 1:
        rate = ", one learning rate for all arms" if fair is not None else ""
        lines.append(f"Descriptive: one seed{rate}; differences of this size may be chance.")
    else:
        lines.append(f"Means over {seeds} seeds, fewer where a row says so; sd is the spread of the seeds' accuracies.")
        lines.append("Descriptive: no test was made whether differences are real.")
    if fair is not None and summary.seconds:
        command, trials = fair
        predicted = clock(trials * sum(summary.seconds) / len(summary.seconds))
        lines.append(f"The fair version, each arm at its own best learning rate and over seeds: {command}")
        lines.append(f"  ({trials} trials, about {predicted} at this machine's pace)")
    return lines


def _cell(figures: Mapping[str, float] | None, usual: float, seeds: int) -> str:
    """Accuracy ± standard error over questions; the seeds' spread where there are several; n where it is not the column's."""
    if figures is None:
        return "–"
    own = "" if figures["n"] == usual else f" ({figures['n']:.0f})"
    spread = f" sd {figures['seed_sd']:.2f}".replace("sd 0", "sd ") if seeds > 1 else ""
    return f"{figures['accuracy']:.2f} ±{figures['stderr']:.2f}".replace("±0", "±") + spread + own


def _over_seeds(trials: Sequence[Mapping[str, Any]], split: str, objective: Objective | None) -> list[tuple[dict[str, Any], Row]]:
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
        levels = _figures([_split(trial, split) for trial in same])
        found.append((params, Row(_name(params), levels, dev, seeds, standing=standing(same, objective))))
    return found


def _tuned(rows: Sequence[tuple[dict[str, Any], Row]], tune: Sequence[str]) -> list[Row]:
    """Of rows that differ only in tuned axes, the one that is best on dev, where one is feasible, else that with the highest
    objective. More seeds go first: a mean over the lucky survivors of a value at which other seeds diverged is no better than a
    whole one."""
    arms: dict[str, list[tuple[dict[str, Any], Row]]] = defaultdict(list)
    for params, row in rows:
        arms[json.dumps({key: value for key, value in params.items() if key not in tune})].append((params, row))
    most = max((row.seeds for _, row in rows), default=1)
    chosen = []
    for arm, candidates in arms.items():
        name = _name(json.loads(arm))
        params, row = _best_tuned(candidates)
        at = swept({key: params[key] for key in tune if key in params})
        words = (f" @ {at}" if at else "") + (f" ({row.seeds} of {most} seeds)" if row.seeds < most else "")
        chosen.append(Row(name, row.levels, row.dev, row.seeds, words, row.standing))
    return chosen


def _best_tuned(candidates: Sequence[tuple[dict[str, Any], Row]]) -> tuple[dict[str, Any], Row]:
    most = max(row.seeds for _, row in candidates)
    whole = [one for one in candidates if one[1].seeds == most]
    best = choice.best(row.standing for _, row in whole if row.standing is not None)
    named = [one for one in whole if best is not None and one[1].standing is best]
    return named[0] if named else max(whole, key=lambda one: one[1].dev)


def _figures(runs: Sequence[Levels]) -> dict[str, dict[str, float]]:
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


def _name(params: Mapping[str, Any]) -> str:
    """`mlp` where one axis of words was swept, `targets=mlp rank=4` for more."""
    if len(params) == 1 and isinstance(only := next(iter(params.values())), str):
        return only
    return swept(params) or "LoRA"


def _split(result: Mapping[str, Any], split: str) -> Levels:
    found: Levels = result["test_levels" if split == "test" else "levels"]
    return found


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
