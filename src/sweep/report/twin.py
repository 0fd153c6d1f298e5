"""The Markdown twin of the page: the same words and tables, without plots and single answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sweep.report import rows
from sweep.report.comparison import Cell, Comparison
from sweep.report.outline import Outline


def markdown(told: Outline) -> str:
    """The whole text."""
    return "\n".join(_text(told)) + "\n"


def _text(told: Outline) -> Iterator[str]:
    yield from (f"# {told.question}", "", f"{told.name} · {told.about}", "", "## Decision", "", told.decision.paragraph, "")
    yield from _table("What to train, and what it costs", told.settings)
    yield from _table("LoRA, retrieval or both, on dev, the cheapest first", told.ways)
    yield from _table("Who could be chosen, the cheapest first", told.options)
    following = told.decision.following
    yield from ("### Next experiment", "", following.why, "")
    if following.command:
        yield from (f"    {following.command}", "")
    yield from (following.size, "")
    for part in told.comparisons:
        yield from (f"## {part.title}", "")
        yield f"{part.found.measure.capitalize()} on {part.found.split}, with 95 % intervals by fact."
        yield ""
        yield from _table("", _levels(part.found))
        yield from _table("Contrasts", _contrasts(part.found))
        yield from (*(f"- {remark}" for remark in part.found.remarks), "")
    yield from (*told.unplotted, "")
    if told.lengths is not None:
        yield from ("## Long and short facts", "", told.lengths.told, "")
        yield from _table("", told.lengths.lines)
    yield from ("## Cost", "")
    yield from _table("", told.costs)
    yield from ("## What was forgotten", "", told.forgotten, "")
    yield from _table("", told.lost if len(told.lost) > 1 else [])
    yield from ("## For whom test was read", "", told.read, "", "## All trials", "")
    yield from _table("", told.trials)


def _table(title: str, lines: Sequence[Sequence[str]]) -> Iterator[str]:
    if lines:
        yield from (f"**{title}**", "") if title else ()
        yield from (rows.markdown([[_cell(cell) for cell in line] for line in lines]),)


def _cell(text: str) -> str:
    """Text that neither ends its cell nor its line."""
    return " ".join(text.replace("|", "\\|").split())


def _levels(found: Comparison) -> list[list[str]]:
    head = ["arm", "seeds", *found.levels]
    lines = [
        [line.name, f"{line.seeds}" if line.trained else "–", *(_figure(line.cells.get(level)) for level in found.levels)]
        for line in found.lines
    ]
    return [head, *lines]


def _figure(cell: Cell | None) -> str:
    return "–" if cell is None else f"{cell.value:.2f} [{cell.low:.2f}, {cell.high:.2f}] n={cell.questions}"


def _contrasts(found: Comparison) -> list[list[str]]:
    if not found.contrasts:
        return []
    head = ["level", "first", "second", "questions", "facts", "difference", "95 % interval", "p (Holm)", "detectable", "verdict"]
    return [
        head,
        *(
            [
                one.level, one.a, one.b, f"{one.found.questions}", f"{one.found.facts}", one.difference,
                one.interval, "–" if one.adjusted is None else f"{one.adjusted:.3f}",
                "–" if one.detectable is None else f"{one.detectable:.2f}", one.verdict,
            ]
            for one in found.contrasts
        ),
    ]  # fmt: skip
