"""The table at the end of a study, read from its folder: arm × level, accuracy ± standard error, the untouched base first.

It is printed on the terminal and left in the folder as `table.md`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from sweep.arms import KINDS
from sweep.goals import KEPT
from sweep.report import certified, confirmed, costs, foretold, propagation, readings
from sweep.report.confirmed import Confirmed
from sweep.report.live import clock, console
from sweep.report.names import swept
from sweep.report.propagation import CEILING, FLOOR
from sweep.report.readings import Readings
from sweep.report.rows import Row, called, cells, figures, markdown, of_split, over_seeds
from sweep.report.standing import placed
from sweep.report.verdict import WORDS, Verdict, verdict
from sweep.search import choice
from sweep.search.objective import Objective
from sweep.track import folder
from sweep.track.certificate import Certificate

LEAST_NAME, WIDEST = 24, 1000  # characters: of a row's name that stay on one line, and of any table
NO_ITEMS = "the data set has no retention items"


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
    confirmed: Confirmed | None
    readings: Readings  # of the test split
    certificate: Certificate | None  # of the base and the questions

    @property
    def measure(self) -> str:
        """Of which figure the objective is, where that is not accuracy itself: ` (strict accuracy)`."""
        wanted = self.study.get("config", {}).get("search", {}).get("measure", "accuracy")
        return "" if wanted == "accuracy" else f" ({WORDS[wanted]})"

    @property
    def best(self) -> int | None:
        """The number of the trial that is named best: by fresh seeds, where there were any."""
        return self.verdict.best if self.confirmed is None else self.confirmed.chosen


def read(root: Path) -> Summary:
    """The finished arms and trials of a study folder, tuned axes already at their best value on dev."""
    study = _load(root / folder.STUDY)
    arms = {path.parent.name: _load(path) for path in sorted(root.glob("arms/*/arm.json"), key=_place)}
    trials = folder.results(root)
    ended = {name: trial for name, trial in trials.items() if trial["state"] == "COMPLETE"}
    ran = [(place, body) for name, trial in ended.items() for place, body in placed(root / name, trial)]
    split = "test" if ran and all(trial["test_levels"] for _, trial in ran) else "dev"
    ran = [(place, foretold.beside(body, place, split)) for place, body in ran]
    complete = [body for _, body in ran]
    measured = {
        name: foretold.beside(arm, root / "arms" / name, split) for name, arm in arms.items() if arm["state"] == "COMPLETE"
    }
    floor = [
        Row(name, figures([of_split(arm, split)]), folder.values(arm), costs=costs.of([arm]), places=(root / "arms" / name,))
        for name, arm in measured.items()
    ]
    objective = Objective.recorded(study)
    rows = _tuned(over_seeds(ran, split, objective), study.get("tune") or [])
    done = [trial["params"] for trial in ended.values()]
    failed = [name for name, one in {**arms, **trials}.items() if one["state"] == "FAILED" and one["params"] not in done]
    broken = tuple(name for name in failed if name not in measured)
    pruned = tuple(name for name, trial in trials.items() if trial["state"] == "PRUNED")
    seconds = tuple(float(trial["train"]["wall_seconds"]) for trial in complete)
    names = objective.names if objective is not None and len(objective.names) > 1 else ()
    known = [trial["provenance"].get("retention_items") for trial in complete if "provenance" in trial]
    retention = max((count for count in known if count is not None), default=None)
    found, again = _verdict(objective, rows), confirmed.read(root, objective)
    asked = readings.read(root)
    base = certified.of(study, [*complete, *measured.values()])
    return Summary(root, study, split, (*floor, *rows), broken, pruned, seconds, names, found, retention, again, asked, base)


def show(summary: Summary, *, fair: tuple[str, int] | None, seconds: float) -> None:
    """Print the table, what it is worth, and where everything lies. `seconds`: what this run took."""
    title = f"Accuracy by level on {summary.split} questions ± standard error by fact; objective{summary.measure} on dev"
    text = _print(title, cells(summary.rows, summary.names, summary.verdict.marked)) + _costs(summary.rows)
    for remark in _remarks(summary, fair):
        console.print(remark)
    text += _sound(summary.certificate, summary.rows, summary.split)
    if (again := summary.confirmed) is not None:
        if again.finalists:
            title = "Finalists trained again with fresh seeds: accuracy by level on dev"
            marked = () if again.chosen is None else {again.chosen}
            text += _print(title, cells(again.finalists, (), marked)) + _costs(again.finalists)
        for line in again.lines:
            console.print(line)
        if again.test:
            title = "Accuracy and objective on test: the untouched base, the chosen one, the contrasts declared beforehand"
            text += _print(title, cells(again.test)) + _sound(summary.certificate, again.test, "test")
    console.print(summary.readings.told)
    (summary.root / "table.md").write_text(text, encoding="utf-8")
    console.print(f"This command trained and measured for {clock(seconds)}. Study folder: {summary.root}")


def _costs(rows: Sequence[Row]) -> str:
    """Print what training cost, where something of it was measured."""
    told = {f"{row.name}{row.chosen}": row.costs for row in rows}
    if not (lines := costs.cells(told)):
        return ""
    text = _print(costs.TITLE, lines)
    if legend := costs.legend(told):
        console.print(legend)
    return text


def _print(title: str, lines: Sequence[Sequence[str]]) -> str:
    """A head and its lines on the terminal, wider than that where figures need it; the same as Markdown comes back."""
    head, *lines = lines
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    drawn.add_column(head[0], overflow="fold")
    for words in head[1:]:
        drawn.add_column(words, justify="right", no_wrap=True)
    for line in lines:
        drawn.add_row(*line)
    widest = console.measure(drawn, options=console.options.update(width=WIDEST)).maximum
    least = widest - max(0, max(len(line[0]) for line in [head, *lines]) - LEAST_NAME)  # only names are folded
    drawn.width = least if least > console.width else None
    console.print(drawn, crop=False)
    return f"{title}\n\n{markdown([head, *lines])}\n"


def _sound(certificate: Certificate | None, rows: Sequence[Row], split: str) -> str:
    """A second table without the questions that are flagged for this base; nothing where no certificate tells."""
    if certificate is None:
        return ""
    sound = certified.without(certificate, rows, split)
    if sound.known + sound.beyond and any(row.levels for row in sound.rows):
        return _print(sound.title, cells(sound.rows))
    console.print(f"This base can be measured with {'none' if sound.known + sound.beyond else 'all'} of these questions.")
    return ""


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
        cause = f"the base knows none of the data set's {summary.retention} retention items" if summary.retention else NO_ITEMS
        lines += [] if any(KEPT in row.costs for row in summary.rows) else [f"Forgetting is not measured: {cause}."]
    if (way := propagated(summary)) is not None:
        lines.append(way)
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
        name = called(json.loads(arm))
        params, row = _best_tuned(candidates)
        at = swept({key: params[key] for key in tune if key in params})
        words = (f" @ {at}" if at else "") + (f" ({row.seeds} of {most} seeds)" if row.seeds < most else "")
        chosen.append(replace(row, name=name, chosen=words))
    return chosen


def _best_tuned(candidates: Sequence[tuple[dict[str, Any], Row]]) -> tuple[dict[str, Any], Row]:
    most = max(row.seeds for _, row in candidates)
    whole = [one for one in candidates if one[1].seeds == most]
    best = choice.best(row.standing for _, row in whole if row.standing is not None)
    named = [one for one in whole if best is not None and one[1].standing is best]
    return named[0] if named else max(whole, key=lambda one: one[1].dev)


def _place(arm: Path) -> tuple[int, str]:
    """Where an arm stands in the table."""
    name = arm.parent.name
    return list(KINDS).index(name) if name in KINDS else len(KINDS), name


def propagated(summary: Summary) -> str | None:
    """How far the best row comes from the floor to the ceiling; None where one of the three was not measured."""
    rows = {row.name: row.levels for row in summary.rows if row.standing is None}
    best = [row for row in summary.rows if row.standing is not None and row.standing.number == summary.verdict.best]
    if FLOOR not in rows or CEILING not in rows or not best:
        return None
    found = propagation.by_level(rows[FLOOR], best[0].levels, rows[CEILING])
    return f"Of the way from the base to the fact in the prompt {best[0].name} goes: {propagation.told(found)}"


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
