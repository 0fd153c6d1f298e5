"""What each value of an axis came with: a box plot of the objective, a row a value, all axes below each other.

It describes the trials that were run. A sampler tries good values oftener, and of two axes that were varied together each takes
credit for the other: what is real, the contrasts say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from sweep.report.contents import Contents
from sweep.report.drawing import Box, Dot, Frame, Mark, Plot, Stroke, Words, shortened, ticks
from sweep.report.spaces import Point, numbers, shown, trial_points

ROWS = 8  # values of an axis that have a row each
RANGES = 4  # into which more numbers are put, each of as many values
BOXED = 5  # trials from which a box is drawn; fewer are dots
LINE, GAP = 24, 30  # height of a row, and of an axis' name


@dataclass(frozen=True)
class Row:
    """Trials that share a value of an axis, or a range of values."""

    label: str
    values: tuple[float, ...]  # objectives


def by_value(contents: Contents) -> Plot | None:
    """The objective by the values of every axis; None where no value has trials enough for a box."""
    found = trial_points(contents)
    groups = {key: _rows(key, values, found) for key, values in contents.axes.items()}
    rows = [row for group in groups.values() for row in group]
    if not any(len(row.values) >= BOXED for row in rows):
        return None
    told = [value for row in rows for value in row.values]
    height = 60 + sum(GAP + LINE * len(group) for group in groups.values() if group)
    low, high = min(told), max(told)
    frame = Frame(low, high if high > low else low + 0.1, 0, 1, height=height, left=230, right=24, top=6)
    marks: list[Mark] = []
    for value, text in ticks(frame.x0, frame.x1):
        marks.append(Stroke(((frame.x(value), frame.top), (frame.x(value), height - frame.bottom)), "grid"))
        marks.append(Words(frame.x(value), height - frame.bottom + 18, text))
    marks.append(Words((frame.left + frame.width - frame.right) / 2, height - 6, "objective on dev", css="name"))
    y = frame.top
    for key, group in groups.items():
        if group:
            marks.append(Words(4, y + 20, key, "start", css="name"))
            y += GAP
        for row in group:
            marks += _drawn(frame, row, y + LINE / 2, key)
            y += LINE
    note = f"Least, quarters, middle and most of complete trials; fewer than {BOXED} are dots. It describes, and tests nothing."
    return Plot("boxes", "Objective by value of each axis", frame.width, frame.height, tuple(marks), (), note)


def left_out(contents: Contents) -> list[str]:
    """Axes that have no boxes in any case: more than ROWS values, not all of them numbers."""
    return [key for key, values in contents.axes.items() if len(values) > ROWS and not numbers(values)]


def _rows(key: str, values: Sequence[Any], found: Sequence[Point]) -> list[Row]:
    """Those of an axis, as far as a trial has them."""
    if len(values) <= ROWS:
        told = [(shown(value), [one for params, one in found if key in params and _same(params[key], value)]) for value in values]
    elif numbers(values):
        ends = [values[at * len(values) // RANGES : (at + 1) * len(values) // RANGES] for at in range(RANGES)]
        told = [
            (f"{shown(part[0])} to {shown(part[-1])}", [one for params, one in found if key in params and params[key] in part])
            for part in ends
        ]
    else:
        return []
    return [Row(label, tuple(sorted(ones))) for label, ones in told if ones]


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one) == json.dumps(other)


def _drawn(frame: Frame, row: Row, y: float, key: str) -> Iterator[Mark]:
    """A row's label and its box, or its dots."""
    name = f"{key}={row.label}"
    yield Words(frame.left - 10, y + 4, f"{shortened(row.label, frame.left - 70)} (n={len(row.values)})", "end")
    if len(row.values) < BOXED:
        yield from (Dot(frame.x(value), y, 0, f"{name}: {value:.3f}") for value in row.values)
        return
    low, middle, high = quantiles(row.values, n=4, method="inclusive")
    least, most = row.values[0], row.values[-1]
    title = f"{name}: {least:.3f}, {low:.3f}, {middle:.3f}, {high:.3f}, {most:.3f}, n={len(row.values)}"
    for start, end in ((least, low), (high, most)):
        yield Stroke(((frame.x(start), y), (frame.x(end), y)), "error s0", title)
    yield Box(frame.x(low), y - 8, max(1.0, frame.x(high) - frame.x(low)), 16, "bar", title, 0.35)
    yield Stroke(((frame.x(middle), y - 8), (frame.x(middle), y + 8)), "error s0", title)
