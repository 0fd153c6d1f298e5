"""Which points of a discrete space a study tries: all of them, or the few that tell what each axis does by itself.

    full            every point
    one_factor      the baseline, and every change of a single axis from it
    leave_one_out   the baseline, where every component is on, and each axis by itself taken to its first listed value, its "off"

The baseline is the point of the base configuration. To change one axis may bring another into being (`search.when`), which then
takes its first listed value that makes an existing point; or take one away.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from sweep.errors import ConfigFault, raise_all
from sweep.search.space import Axis, Choice, Point, Space, Value
from sweep.search.spelling import show


def points(space: Space, design: str, baseline: Point | None) -> list[Point]:
    """The points of a design, each once; the baseline comes first where it is one, the others as the space has them.

    Raises: ConfigFault for a continuous space, for a design that starts from a baseline without one, and for an axis that
    leave_one_out cannot take away, since the baseline has its first value already.
    """
    spans = [axis.key for axis in space.axes if not isinstance(axis, Choice)]
    if spans:
        keys = ", ".join(spans)
        raise ConfigFault(f"search.design: got {design}, but {keys} {'is' if len(spans) == 1 else 'are'} continuous; list values")
    if design == "full":
        others = [point for point in space.points() if point != baseline]
    elif baseline is None:
        raise ConfigFault(_no_baseline(design))
    else:
        others = _changed(space, baseline) if design == "one_factor" else _left_out(space, baseline)
    return others if baseline is None else [baseline, *others]


def check(space: Space, design: str, config: Mapping[str, Any]) -> None:
    """Whether a design has points, from a base configuration nested as `sweep.config.plain` gives it.

    Raises: ConfigFault as `points` does, also with the axis that keeps the configuration from being a point.
    """
    if design == "full":
        return
    stray = space.stray(config)
    if space.discrete and stray is not None:
        raise ConfigFault(f"{_no_baseline(design)}; {_told(*stray)}")
    points(space, design, space.baseline(config))


def _changed(space: Space, baseline: Point) -> list[Point]:
    """Every axis of the baseline at each of its other values."""
    now = space.raw(baseline)
    axes = [axis for axis in space.axes if axis.key in now]
    return [point for axis in axes for value in axis.listed if value != now[axis.key] for point in _at(space, now, axis, value)]


def _left_out(space: Space, baseline: Point) -> list[Point]:
    """Every axis of the baseline at its first value."""
    now = space.raw(baseline)
    axes = [axis for axis in space.axes if axis.key in now]
    raise_all(
        ConfigFault,
        [
            f"search.design: leave_one_out leaves {axis.key} out by its first value, but the baseline has that, "
            f"{show(now[axis.key])}; list first what leaves it out, or type {axis.key}={show(now[axis.key])} to keep it as it is"
            for axis in axes
            if axis.listed[0] == now[axis.key]
        ],
    )
    return [point for axis in axes for point in _at(space, now, axis, axis.listed[0])]


def _at(space: Space, now: Mapping[str, Value], axis: Axis, value: Value) -> list[Point]:
    """The baseline with one axis changed; nothing where `search.exclude` leaves no such point."""
    return list(itertools.islice(space.points({**now, axis.key: value}), 1))


def _no_baseline(design: str) -> str:
    return (
        f"search.design: got {design}, but the base configuration, from which it starts, is no point of this space; "
        "expected its own value of every axis among those listed, and not excluded"
    )


def _told(axis: Axis, got: Mapping[str, Any]) -> str:
    """What a configuration has in the place of an axis's values."""
    if any(isinstance(value, Mapping) for value in got.values()):
        return f"{axis.key} is a group, and its options cannot be told from the configuration: list a key of it instead"
    own = ", ".join(f"{key}={_words(got[key])}" if key in got else f"no {key}" for key in axis.keys)
    return f"it has {own}, not {' or '.join(show(value) for value in axis.listed)}"


def _words(got: Any) -> str:
    return f"[{','.join(map(_words, got))}]" if isinstance(got, list | tuple) else show(got)
