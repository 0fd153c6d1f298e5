"""The plots of a study over its axes: a heat map of two, parallel coordinates of many, bars of what moved the objective."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from sweep.report.contents import Contents
from sweep.report.drawing import Box, Frame, Mark, Plot, Stroke, Words, shortened
from sweep.report.names import swept
from sweep.track import folder

LISTED = 12  # values of an axis that a heat map has room for
DECADES = 10.0  # an axis whose highest value is so many times its lowest is drawn by orders of magnitude
LINES = 400  # trials in parallel coordinates
SHADES = 5

Point = tuple[Mapping[str, Any], float]  # swept values, objective


def heat_map(contents: Contents) -> Plot | None:
    """The mean objective over two axes; None for any other number of them, or too many values."""
    axes, points = contents.axes, trial_points(contents)
    if len(axes) != 2 or not points or max(len(values) for values in axes.values()) > LISTED:
        return None
    (across, columns), (down, lines) = sorted(axes.items(), key=lambda axis: len(axis[1]), reverse=True)
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for params, value in points:
        found[json.dumps(params.get(across)), json.dumps(params.get(down))].append(value)
    means = {key: fmean(values) for key, values in found.items()}
    low, high = min(means.values()), max(means.values())
    frame = Frame(0, len(columns), 0, len(lines), height=60 + 44 * len(lines), left=150)
    marks: list[Mark] = []
    for at, value in enumerate(lines):
        marks.append(Words(frame.left - 8, frame.y(at + 0.5) + 4, shortened(shown(value), 138), "end"))
    for at, value in enumerate(columns):
        middle = frame.x(at + 0.5)
        marks.append(Words(middle, frame.height - frame.bottom + 18, shortened(shown(value), frame.x(1) - frame.x(0))))
        for row, other in enumerate(lines):
            if (mean := means.get((json.dumps(value), json.dumps(other)))) is not None:
                share = (mean - low) / (high - low) if high > low else 0.5
                marks += _tile(frame, at, row, mean, share, f"{across}={shown(value)} {down}={shown(other)}")
    marks.append(Words((frame.left + frame.width) / 2, frame.height - 6, across, css="name"))
    marks.append(Words(4, 12, down, "start", css="name"))
    note = "Mean over seeds and other trials with the same two values; a stronger colour is higher."
    return Plot("heat", "Objective on dev over two axes", frame.width, frame.height, tuple(marks), (), note)


def parallel(contents: Contents) -> Plot | None:
    """Every trial as a line through the values of its axes to its objective; None where a heat map says it."""
    axes, points = contents.axes, sorted(trial_points(contents), key=lambda point: point[1])[-LINES:]
    if len(axes) < 2 or not points or heat_map(contents) is not None:
        return None
    names = [*axes, "objective"]
    frame = Frame(0, len(axes), 0, 1, height=380, left=60, right=60, top=40, bottom=30)
    places = {key: _scale(values) for key, values in axes.items()}
    values = [value for _, value in points]
    low, high = min(values), max(values)
    places["objective"] = lambda value: (value - low) / (high - low) if high > low else 0.5
    marks: list[Mark] = []
    for at, (params, value) in enumerate(points):
        whole = {**params, "objective": value}
        line = tuple((frame.x(n), frame.y(places[name](whole[name]))) for n, name in enumerate(names) if name in whole)
        css = "best" if at == len(points) - 1 else f"q{min(SHADES - 1, at * SHADES // len(points))}"
        marks.append(Stroke(line, f"trial {css}", f"{swept(params)}: {value:.3f}"))
    for n, name in enumerate(names):
        marks += _stand(frame, n, name, axes.get(name) or [low, high], places[name])
    legend = (("q0", "lowest fifth"), ("q2", "middle"), ("q4", "highest fifth"), ("best", "the highest"))
    note = f"{len(points)} trials, each a line; objective on dev."
    return Plot("parallel", "Trials over all axes", frame.width, frame.height, tuple(marks), legend, note)


def importance(contents: Contents) -> Plot | None:
    """Shares of the objective's variance; None where none is recorded."""
    shares = sorted(contents.importance.items(), key=lambda item: -item[1])
    if not shares:
        return None
    longest = max(1e-9, shares[0][1])
    frame = Frame(0, longest, 0, len(shares), height=20 + 30 * len(shares), left=230, right=60)
    marks: list[Mark] = []
    for at, (name, share) in enumerate(shares):
        y = 10 + 30 * at
        marks.append(Words(frame.left - 8, y + 16, shortened(name, 218), "end"))
        marks.append(Box(frame.left, y + 2, max(1.0, frame.x(share) - frame.left), 20, "bar", f"{name}: {share:.2f}"))
        marks.append(Words(frame.x(share) + 6, y + 16, f"{share:.2f}", "start"))
    note = "PED-ANOVA over the study's complete trials. It explores: no test stands behind it."
    return Plot("importance", "What moved the objective", frame.width, frame.height, tuple(marks), (), note)


def trial_points(contents: Contents) -> list[Point]:
    """Of complete trials, the first of several objectives."""
    told = [(body["params"], folder.values(body)) for body in contents.bodies.values() if body["state"] == "COMPLETE"]
    return [(params, float(values[0])) for params, values in told if values]


def _tile(frame: Frame, at: int, row: int, mean: float, share: float, title: str) -> Iterator[Mark]:
    left, top = frame.x(at), frame.y(row + 1)
    width, height = frame.x(at + 1) - left - 2, frame.y(row) - top - 2
    yield Box(left, top, width, height, "heat", f"{title}: {mean:.3f}", 0.08 + 0.87 * share)
    yield Words(left + width / 2, top + height / 2 + 4, f"{mean:.2f}", css="halo")


def _scale(values: Sequence[Any]) -> Callable[[Any], float]:
    """Where a value stands on its axis, from 0 to 1: numbers by size or order of magnitude, words evenly."""
    if not numbers(values):
        place = {json.dumps(value): at / max(1, len(values) - 1) for at, value in enumerate(values)}
        return lambda value: place[json.dumps(value)]
    low, high = float(values[0]), float(values[-1])
    if low > 0 and high / low >= DECADES:
        return lambda value: math.log(value / low) / math.log(high / low)
    return lambda value: (value - low) / (high - low)


def _stand(frame: Frame, at: int, name: str, values: Sequence[Any], place: Callable[[Any], float]) -> Iterator[Mark]:
    """One upright axis with its name and values."""
    x, room = frame.x(at), (frame.width - frame.left - frame.right) / max(1, frame.x1)
    yield Stroke(((x, frame.y(0)), (x, frame.y(1))), "axis")
    yield Words(x, 14 if at % 2 else 28, shortened(name.rpartition(".")[2], 2 * room), css="name")
    listed = values if len(values) <= LISTED else [values[0], values[len(values) // 2], values[-1]]
    for value in listed:
        yield Words(x + 5, frame.y(place(value)) + 4, shortened(shown(value), max(40.0, room - 12)), "start", css="halo")


def numbers(values: Sequence[Any]) -> bool:
    """They have an order and distances."""
    return len(values) > 1 and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def shown(value: Any) -> str:
    """A value as a plot writes it."""
    return f"{value:.3g}" if isinstance(value, float) else "null" if value is None else str(value)
