"""What a report says, in the order in which it says it: words, tables and plots, for the page and its Markdown twin alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.goals import KEPT
from sweep.report import boxes, comparison, plots, prices, spaces
from sweep.report.comparison import Comparison, signed
from sweep.report.contents import Contents
from sweep.report.decision import Decision, Option, decide
from sweep.report.drawing import Plot
from sweep.report.lengths import Lengths, lengths
from sweep.report.names import swept
from sweep.report.table import NO_ITEMS, propagated
from sweep.track import folder

Lines = list[list[str]]  # a table, its first line the head


@dataclass(frozen=True)
class Part:
    """One comparison on the page."""

    id: str
    title: str
    found: Comparison


@dataclass(frozen=True)
class Outline:
    """A report without its single answers."""

    title: str
    name: str  # of the study
    question: str
    about: str
    decision: Decision
    settings: Lines
    ways: Lines
    options: Lines
    comparisons: tuple[Part, ...]
    plots: tuple[Plot, ...]
    unplotted: tuple[str, ...]  # what is not shown, and why
    lengths: Lengths | None  # None: there are no long facts beside short ones
    costs: Lines
    forgotten: str
    lost: Lines
    readings: int  # configurations that have figures on test
    read: str
    trials: Lines
    lack: str | None  # why key facts are not marked


def of(found: Contents) -> Outline:
    """Of a study."""
    decision, searched, claimed = decide(found), comparison.searched(found), comparison.confirmed(found)
    parts = [Part("confirmed", "Confirmed on test", claimed)] if claimed is not None else []
    drawn = (plots.ladder(searched), plots.losses(found), plots.epochs(found), spaces.heat_map(found), spaces.parallel(found))
    question = found.study.get("question") or f"What does {found.root.resolve().name} show?"
    told, lost = _forgotten(found, decision)
    return Outline(
        title=f"{found.root.resolve().name}: report",
        name=found.root.resolve().name,
        question=question,
        about=_about(found),
        decision=decision,
        settings=_settings(decision),
        ways=_options(decision.ways),
        options=_options(decision.options),
        comparisons=(*parts, Part("levels", "Arms by level", searched)),
        plots=tuple(plot for plot in (*drawn, boxes.by_value(found), spaces.importance(found)) if plot is not None),
        unplotted=tuple(_unplotted(found)),
        lengths=lengths(found),
        costs=prices.table(comparison.shown(found)),
        forgotten=told,
        lost=lost,
        readings=found.summary.readings.configurations,
        read=found.summary.readings.told,
        trials=_trials(found),
        lack=found.marker.lack,
    )


# ---- words and tables ---------------------------------------------------------------------------------------------------


def _about(found: Contents) -> str:
    config, ended = found.config, [run.body.get("provenance", {}).get("ended") for run in found.runs]
    states = [body["state"].lower() for body in found.bodies.values()]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)) or "none ended"
    told = [
        f"model {config.get('model', {}).get('name', '?')}",
        f"data {Path(str(config.get('data', {}).get('path', '?'))).name}",
        f"trials: {counts}",
        f"measured until {max(filter(None, ended))[:16].replace('T', ' ')} UTC" if any(ended) else "",
    ]
    return " · ".join(filter(None, told))


def _settings(decision: Decision) -> Lines:
    if decision.recommended is None:
        return []
    rows = [*decision.settings, *((price.name, price.text) for price in decision.costs)]
    return [["what", "value"], *map(list, rows)]


def _options(options: Sequence[Option]) -> Lines:
    if not options:
        return []
    lines = [["what", "objective", "less than the best by", "95 % interval", "as good", "price"]]
    for one in options:
        apart = one.gap
        low, high = ("–", "–") if apart is None else (_less(apart.mean), f"{_less(apart.high)} to {_less(apart.low)}")
        lines.append([one.name, f"{one.value:.2f}", low, high, "yes" if one.good else "not shown", one.price])
    return lines


def _less(difference: float) -> str:
    """How much is lacking."""
    return signed(-difference).removeprefix("+")


def _forgotten(found: Contents, decision: Decision) -> tuple[str, Lines]:
    """A sentence, and the questions that the recommended one no longer answers."""
    known = [one for one in found.trained if prices.forgotten(one) is not None]
    if not known:
        items = found.summary.retention
        return f"Forgetting is not measured: {NO_ITEMS if not items else 'the base knew none of the retention items'}.", []
    one = decision.recommended or known[0]
    share, asked = prices.forgotten(one) or (0.0, 0)
    lines = [["question", "expected", "answer after training"]]
    for run in one.runs[:1]:
        for qid, answer in run.answers.items():
            question = found.questions[qid]
            if question.level == KEPT and not answer.right:
                lines.append([question.prompt, question.gold, answer.text])
    told = f"no longer answers {share:.0%}" if share else "still answers all"
    return f"Of {asked} questions that the untouched base answers right, {one.name} {told}.", lines


def _unplotted(found: Contents) -> list[str]:
    lines = [] if (way := propagated(found.summary)) is None else [f"{way}."]
    if found.axes and not found.importance:
        lines.append("What moved the objective is not recorded (importance.json); two axes and ten complete trials tell it.")
    for key in boxes.left_out(found):
        lines.append(f"No box is drawn for {key}: it has more than {boxes.ROWS} values, not all of them numbers.")
    return lines


def _trials(found: Contents) -> Lines:
    levels = sorted({level for body in found.bodies.values() for level in body["levels"] if level != KEPT})
    lines = [["trial", "values", "state", "objective", *levels]]
    for name, body in found.bodies.items():
        values = " ".join(f"{value:.3f}" for value in folder.values(body))
        figures = [_figure(body["levels"].get(level), found.measure) for level in levels]
        lines.append([name, swept(body["params"]), body["state"].lower(), values or "–", *figures])
    return lines


def _figure(level: Mapping[str, Any] | None, measure: str) -> str:
    return "–" if level is None else f"{float(level[measure]):.2f}"
